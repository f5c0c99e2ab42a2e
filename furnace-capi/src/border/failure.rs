//! Why a function of the library fails.

use std::borrow::Cow;

use furnace_core::Error;

/// Why a function of the library fails.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What the library below says.
    Core(Error),
    /// An argument that is not what the function takes.
    Argument {
        name: &'static str,
        why: Cow<'static, str>,
        errno: i32,
    },
    /// What was asked for is not there, and that is no mistake of anybody's.
    NoData(&'static str),
    /// A mistake of this library.
    Panicked(String),
}

pub(crate) const EBADF: i32 = 9;
pub(crate) const EINVAL: i32 = 22;

impl Failure {
    /// The argument `name` makes no sense: `why` goes on after its name.
    pub(crate) fn argument(name: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::Argument {
            name,
            why: why.into(),
            errno: EINVAL,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}
