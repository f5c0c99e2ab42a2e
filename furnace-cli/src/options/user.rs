//! `--user`: numbers only, so that a name in the root directory can never be taken for one, or one for a name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// One `UID[:GID]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl User {
    pub(crate) fn parse(typed: &OsStr) -> Result<Self, String> {
        let typed = typed.as_bytes();
        match typed.iter().position(|byte| *byte == b':') {
            None => {
                let uid = id(typed, "user")?;
                Ok(Self { uid, gid: uid })
            }
            Some(colon) => Ok(Self {
                uid: id(&typed[..colon], "user")?,
                gid: id(&typed[colon + 1..], "group")?,
            }),
        }
    }
}

/// The number of a user or a group, as `of` says.
pub(crate) fn id(digits: &[u8], of: &str) -> Result<u32, String> {
    // The last number is no id: to the kernel it means "leave it as it is".
    const NO_ID: u32 = u32::MAX;
    let number = if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        str::from_utf8(digits).map_err(|_| ()).map(str::parse)
    } else {
        Err(())
    };
    match number {
        Ok(Ok(id)) if id != NO_ID => Ok(id),
        Ok(_) => Err(format!("the {of} id is greater than {}", NO_ID - 1)),
        Err(()) => Err(format!("the {of} id is not a decimal number; names are not looked up")),
    }
}

#[cfg(test)]
mod tests {
    use super::User;

    fn parse(typed: &str) -> Option<(u32, u32)> {
        User::parse(typed.as_ref()).ok().map(|user| (user.uid, user.gid))
    }

    #[test]
    fn the_group_defaults_to_the_users_number() {
        assert_eq!(parse("1000"), Some((1000, 1000)));
        assert_eq!(parse("1000:5"), Some((1000, 5)));
        assert_eq!(parse("0:0"), Some((0, 0)));
        assert_eq!(parse("4294967294:007"), Some((4_294_967_294, 7)));
    }

    #[test]
    fn nothing_but_digits_is_a_number() {
        for typed in [
            "", ":", "1:", ":1", "root", "1000x", "+1", "-1", " 1", "1 ", "0x10", "1:2:3", "1:+2", "١",
        ] {
            assert_eq!(parse(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn no_number_wraps_around() {
        for typed in [
            "4294967295",
            "4294967296",
            "18446744073709551616",
            "1:4294967295",
            "1:4294967296",
        ] {
            assert_eq!(parse(typed), None, "{typed:?}");
        }
    }
}
