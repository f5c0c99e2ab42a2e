//! `--user`: numbers, and names that the container looks up.

use std::error::Error;
use std::ffi::OsStr;

use furnace_core::{Container, User, UserSpec};

/// One `USER[:GROUP]`.
#[derive(Clone, Debug)]
pub(crate) struct UserName(UserSpec);

impl UserName {
    /// Refuses what no container could have.
    pub(crate) fn parse(typed: &OsStr) -> Result<Self, String> {
        let typed = typed.to_str().ok_or("it is no text in UTF-8")?;
        let spec: Result<UserSpec, furnace_core::Error> = typed.parse();
        // What it was about is said beside it.
        spec.map(Self)
            .map_err(|error| error.source().map_or_else(|| error.to_string(), ToString::to_string))
    }

    /// Who that is in the container.
    pub(crate) fn find(&self, container: &Container) -> furnace_core::Result<User> {
        container.find_user(&self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::UserName;

    #[test]
    fn what_is_wrong_is_told() {
        for (typed, why) in [
            ("", "the user is empty"),
            ("1:", "the group is empty"),
            ("4294967295", "the user id is greater than 4294967294"),
            ("-1", "neither the number of a user nor a name"),
        ] {
            let told = UserName::parse(typed.as_ref()).expect_err(typed);
            assert!(told.contains(why), "{told}");
        }
        assert!(UserName::parse("www-data:0".as_ref()).is_ok());
    }
}
