//! What a container is called.

use std::str::FromStr;

/// A word that is a container's name, if it is one: the library knows which are. Having a type of its own it is completed
/// as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = std::convert::Infallible;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        Ok(Self(typed.to_owned()))
    }
}
