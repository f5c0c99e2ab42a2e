//! Arguments as C gives them, and what is made of them.

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::mem::MaybeUninit;
use std::ops::RangeInclusive;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::Failure;
use super::failure::EBADF;
use crate::types::gid_t;

/// A handle that may not be NULL, lent or given away.
pub(crate) fn given<T>(handle: Option<T>, name: &'static str) -> Result<T, Failure> {
    handle.ok_or_else(|| Failure::argument(name, "is NULL"))
}

/// The place for a result, which may not be NULL. Nothing is read from it: it need not be initialized.
pub(crate) fn place<'a, T>(
    result: Option<&'a mut MaybeUninit<T>>,
    name: &'static str,
) -> Result<&'a mut MaybeUninit<T>, Failure> {
    given(result, name)
}

/// The string at `text`; nothing for NULL.
///
/// # Safety
///
/// `text` is NULL, or what it points to ends with a NUL byte and is not changed as long as the result is used.
pub(crate) unsafe fn lent_text<'a>(text: *const c_char) -> Option<&'a CStr> {
    if text.is_null() {
        return None;
    }
    // SAFETY: it is not NULL; the rest is what the caller of this function promises.
    Some(unsafe { CStr::from_ptr(text) })
}

/// The string at `text`: any bytes.
///
/// # Safety
///
/// As [`lent_text`].
pub(crate) unsafe fn os_string<'a>(text: *const c_char, name: &'static str) -> Result<&'a OsStr, Failure> {
    // SAFETY: promised for this function too.
    let text = unsafe { lent_text(text) };
    Ok(OsStr::from_bytes(given(text, name)?.to_bytes()))
}

/// The path at `text`: any bytes.
///
/// # Safety
///
/// As [`lent_text`].
pub(crate) unsafe fn path<'a>(text: *const c_char, name: &'static str) -> Result<&'a Path, Failure> {
    // SAFETY: promised for this function too.
    Ok(Path::new(unsafe { os_string(text, name) }?))
}

/// The name of a container at `text`.
///
/// # Safety
///
/// As [`lent_text`].
pub(crate) unsafe fn name<'a>(text: *const c_char, name: &'static str) -> Result<&'a str, Failure> {
    // SAFETY: promised for this function too.
    let text = unsafe { lent_text(text) };
    given(text, name)?
        .to_str()
        .map_err(|_| Failure::argument(name, "is not UTF-8, and so no name"))
}

/// The strings of an array that ends with NULL.
///
/// # Safety
///
/// `strings` is NULL, or points to pointers of which the last is NULL, and each other one is as [`lent_text`] wants
/// it; none is changed as long as the result is used.
pub(crate) unsafe fn array<'a>(strings: *const *const c_char, name: &'static str) -> Result<Vec<&'a OsStr>, Failure> {
    if strings.is_null() {
        return Err(Failure::argument(name, "is NULL"));
    }
    let mut all = Vec::new();
    loop {
        // SAFETY: this one is of the array: none before it was the NULL that ends it.
        let next = unsafe { strings.add(all.len()) };
        // SAFETY: it points to a pointer of the array.
        let text = unsafe { *next };
        // SAFETY: what is in the array is NULL or a string, as promised.
        match unsafe { lent_text(text) } {
            Some(text) => all.push(OsStr::from_bytes(text.to_bytes())),
            None => return Ok(all),
        }
    }
}

/// The `length` bytes at `start`, which may be NULL where there are none.
///
/// # Safety
///
/// `start` is NULL, or `length` bytes can be read from there on, and are not changed as long as the result is used.
pub(crate) unsafe fn bytes<'a>(start: *const c_void, length: usize, name: &'static str) -> Result<&'a [u8], Failure> {
    if length == 0 {
        return Ok(&[]);
    }
    if start.is_null() {
        return Err(Failure::argument(name, "is NULL"));
    }
    if isize::try_from(length).is_err() {
        return Err(Failure::argument(name, "is longer than memory can be"));
    }
    // SAFETY: it is not NULL, no longer than an object can be, bytes need no alignment, and the rest is promised.
    Ok(unsafe { std::slice::from_raw_parts(start.cast(), length) })
}

/// The `count` ids of groups at `start`, which may be NULL where there are none.
///
/// # Safety
///
/// As [`bytes`], for as many as the ids have.
pub(crate) unsafe fn group_ids(start: *const gid_t, count: usize, name: &'static str) -> Result<Vec<gid_t>, Failure> {
    let length = count.saturating_mul(size_of::<gid_t>());
    // SAFETY: promised for this function; it does not matter here how they are aligned.
    let bytes = unsafe { bytes(start.cast(), length, name) }?;
    let (ids, _) = bytes.as_chunks();
    Ok(ids.iter().map(|id| gid_t::from_ne_bytes(*id)).collect())
}

/// A copy of the descriptor `number`, which stays the caller's own.
///
/// # Errors
///
/// `EBADF` for what is no descriptor; what fcntl(2) fails with.
pub(crate) fn descriptor(number: c_int, name: &'static str) -> Result<OwnedFd, Failure> {
    let failed = |errno: i32, why: String| Failure::Argument {
        name,
        why: why.into(),
        errno,
    };
    if number < 0 {
        return Err(failed(EBADF, format!("is {number}, which is no descriptor")));
    }
    // SAFETY: it is not -1. It is only lent for this one call, and if it is not open, the kernel says so.
    let lent = unsafe { BorrowedFd::borrow_raw(number) };
    lent.try_clone_to_owned().map_err(|error| {
        let errno = error.raw_os_error().unwrap_or(EBADF);
        failed(errno, format!("is {number}, and cannot be duplicated: {error}"))
    })
}

/// The number of a standard stream.
pub(crate) fn standard_stream(number: c_int) -> Result<usize, Failure> {
    number_in(number, 0..=2, "number")
        .map_err(|_| Failure::argument("number", format!("is {number}; 0, 1 and 2 are the standard streams")))
}

/// A number of a certain range, such as that of a constant.
pub(crate) fn number_in(number: c_int, range: RangeInclusive<c_int>, name: &'static str) -> Result<usize, Failure> {
    match usize::try_from(number) {
        Ok(fits) if range.contains(&number) => Ok(fits),
        _ => Err(Failure::argument(
            name,
            format!("is {number}, which means nothing here"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{array, bytes, descriptor, given, name, number_in, os_string};
    use crate::border::Failure;
    use std::ptr::null;

    fn errno(failure: Failure) -> i32 {
        match failure {
            Failure::Argument { errno, .. } => errno,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn null_is_refused_by_name() {
        assert!(matches!(
            given::<()>(None, "this"),
            Err(Failure::Argument {
                name: "this",
                errno: 22,
                ..
            })
        ));
        // SAFETY: NULL is allowed.
        assert!(unsafe { os_string(null(), "this") }.is_err());
        // SAFETY: NULL is allowed.
        assert!(unsafe { array(null(), "these") }.is_err());
        // SAFETY: NULL is allowed.
        assert!(unsafe { bytes(null(), 1, "those") }.is_err());
    }

    #[test]
    fn no_bytes_may_be_anywhere() {
        // SAFETY: there are none.
        assert_eq!(unsafe { bytes(null(), 0, "those") }.ok(), Some(&[][..]));
    }

    #[test]
    fn more_bytes_than_there_can_be_are_not_looked_at() {
        // SAFETY: it is refused for its length.
        assert!(unsafe { bytes([0u8].as_ptr().cast(), usize::MAX, "those") }.is_err());
    }

    #[test]
    fn arrays_end_with_null() {
        let strings = [c"one".as_ptr(), c"\xff".as_ptr(), null(), c"not".as_ptr()];
        // SAFETY: it is an array of strings with a NULL in it.
        let read = unsafe { array(strings.as_ptr(), "these") }.expect("an array");
        assert_eq!(read.len(), 2);
    }

    #[test]
    fn names_are_text() {
        // SAFETY: it is a string.
        assert_eq!(unsafe { name(c"web".as_ptr(), "name") }.ok(), Some("web"));
        // SAFETY: it is a string.
        assert!(unsafe { name(c"\xff".as_ptr(), "name") }.is_err());
    }

    #[test]
    fn what_is_no_descriptor_is_refused() {
        for number in [-1, -100, i32::MIN, 1_000_000] {
            assert_eq!(errno(descriptor(number, "fd").expect_err("none")), 9);
        }
    }

    #[test]
    fn numbers_have_a_range() {
        assert_eq!(number_in(2, 1..=2, "kind").ok(), Some(2));
        for number in [0, 3, -1, i32::MIN] {
            assert!(number_in(number, 1..=2, "kind").is_err());
        }
    }
}
