//! `--timeout`: how long somebody waits.

use std::ffi::OsStr;
use std::time::Duration;

/// A number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timeout(pub(super) Duration);

impl Timeout {
    pub(super) fn parse(typed: &OsStr) -> Result<Self, &'static str> {
        const NO_NUMBER: &str = "it is no number of seconds, such as 10 or 0.5";
        let plain = typed
            .to_str()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
        let seconds: f64 = plain.and_then(|text| text.parse().ok()).ok_or(NO_NUMBER)?;
        match Duration::try_from_secs_f64(seconds) {
            Ok(duration) => Ok(Self(duration)),
            Err(_) => Err("it is longer than anybody waits"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Timeout;
    use std::time::Duration;

    #[test]
    fn seconds_may_have_a_fraction() {
        let parse = |typed: &str| Timeout::parse(typed.as_ref()).map(|timeout| timeout.0);
        assert_eq!(parse("0"), Ok(Duration::ZERO));
        assert_eq!(parse("2.5"), Ok(Duration::from_millis(2500)));
        for typed in [
            "",
            ".",
            "-1",
            "1s",
            "inf",
            "NaN",
            "1e3",
            "1.2.3",
            " 1",
            &"9".repeat(400),
        ] {
            assert!(parse(typed).is_err(), "{typed}");
        }
    }
}
