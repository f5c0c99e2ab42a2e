//! What every exported function goes through: arguments on the way in, results, errors and panics on the way out.

mod arguments;
mod failure;
mod text;

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::furnace_error;

pub(crate) use arguments::{
    array, bytes, descriptor, given, group_ids, lent_text, name, number_in, os_string, path, place, standard_stream,
};
pub(crate) use failure::{EBADF, EINVAL, Failure};
pub(crate) use text::c_string;

/// Does what a function of the library does: 0, or a negative errno, and then `error`, if there is a place for it,
/// gets an object that says more. No panic gets past here.
pub(crate) fn boundary<F>(error: Option<&mut MaybeUninit<Box<furnace_error>>>, act: F) -> c_int
where
    F: FnOnce() -> Result<(), Failure>,
{
    let outcome = caught(|| act().map_err(|failure| furnace_error::new(function::<F>(), failure)));
    let failed = match outcome {
        Ok(Ok(())) => return 0,
        Ok(Err(failed)) => failed,
        Err(message) => furnace_error::new(function::<F>(), Failure::Panicked(message)),
    };
    let errno = failed.errno();
    if let Some(error) = error {
        error.write(Box::new(failed));
    }
    -errno
}

/// As [`boundary`], for a function that cannot fail but by a mistake of ours, and then gives `otherwise`.
pub(crate) fn value<T>(otherwise: T, act: impl FnOnce() -> T) -> T {
    caught(act).unwrap_or(otherwise)
}

/// The only place where panics are caught: what `act` gives, or what the panic said. What `act` was about may be half
/// done; it is in handles, and whoever holds one can do no more harm than a wrong answer, since the code below is safe
/// Rust.
fn caught<T>(act: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|panic| match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic
            .downcast::<&str>()
            .map_or_else(|_| String::new(), |message| (*message).to_owned()),
    })
}

/// The name of the exported function that the closure `F` is written in, for messages.
fn function<F>() -> &'static str {
    let path = std::any::type_name::<F>();
    let mut parts = path.split("::");
    parts.find(|part| part.starts_with("furnace_")).unwrap_or("libfurnace")
}

#[cfg(test)]
mod tests {
    use std::mem::MaybeUninit;

    use super::{Failure, boundary, value};
    use crate::error::{
        FURNACE_ERROR_INTERNAL, furnace_error, furnace_error_code, furnace_error_errno, furnace_error_free,
    };

    const ENOTRECOVERABLE: i32 = 131;

    /// Named as an exported function is.
    fn furnace_test_panic(error: Option<&mut MaybeUninit<Box<furnace_error>>>) -> i32 {
        boundary(error, || panic!("number {}", 7))
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let mut error = MaybeUninit::uninit();
        assert_eq!(furnace_test_panic(Some(&mut error)), -ENOTRECOVERABLE);
        // SAFETY: the function has failed, and so has written to it.
        let error = unsafe { error.assume_init() };
        assert_eq!(furnace_error_code(Some(&error)), FURNACE_ERROR_INTERNAL);
        assert_eq!(furnace_error_errno(Some(&error)), ENOTRECOVERABLE);
        assert_eq!(
            error.message().to_str(),
            Ok("furnace_test_panic: libfurnace has a mistake: number 7")
        );
        furnace_error_free(Some(error));
    }

    #[test]
    fn a_panic_without_a_place_for_the_error_is_a_number() {
        assert_eq!(furnace_test_panic(None), -ENOTRECOVERABLE);
        assert_eq!(boundary(None, || std::panic::panic_any(5)), -ENOTRECOVERABLE);
    }

    #[test]
    fn a_panic_where_there_are_no_errors_becomes_what_was_agreed_on() {
        assert_eq!(value(3, || panic!("no")), 3);
    }

    #[test]
    fn nothing_is_written_without_a_failure() {
        let mut error = MaybeUninit::zeroed();
        assert_eq!(boundary(Some(&mut error), || Ok::<(), Failure>(())), 0);
        // SAFETY: a Box behind an Option may be all zeros, and this one was zeroed.
        let error =
            unsafe { std::mem::transmute::<MaybeUninit<Box<furnace_error>>, Option<Box<furnace_error>>>(error) };
        assert!(error.is_none());
    }
}
