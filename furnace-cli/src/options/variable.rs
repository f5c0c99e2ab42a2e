//! `--env`: a variable of the command's environment.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// One `K=V`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: OsString,
    pub(crate) value: OsString,
}

impl Variable {
    pub(crate) fn parse(typed: &OsStr) -> Result<Self, &'static str> {
        let bytes = typed.as_bytes();
        match bytes.iter().position(|byte| *byte == b'=') {
            None => Err("there is no `=` between a name and a value"),
            Some(0) => Err("the name is empty"),
            Some(sign) => Ok(Self {
                name: OsStr::from_bytes(&bytes[..sign]).to_owned(),
                value: OsStr::from_bytes(&bytes[sign + 1..]).to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Variable;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn the_first_sign_ends_the_name() {
        let variable = Variable::parse(OsStr::from_bytes(b"K=a=\xff")).expect("it is one");
        assert_eq!(variable.name, "K");
        assert_eq!(variable.value, OsStr::from_bytes(b"a=\xff"));
        assert_eq!(Variable::parse("K=".as_ref()).expect("it is one").value, "");
    }

    #[test]
    fn a_variable_has_a_name() {
        assert!(Variable::parse("K".as_ref()).is_err());
        assert!(Variable::parse("=V".as_ref()).is_err());
        assert!(Variable::parse("".as_ref()).is_err());
    }
}
