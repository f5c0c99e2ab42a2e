//! What a container may be called: something that is a file's name everywhere, and needs no quotes in a shell.

use crate::error::escape::escaped_bytes;
use crate::error::{Attempt, Error, Result};

/// With a suffix it is a file's name, which may be 255 bytes long.
const LONGEST: usize = 200;

pub(super) fn check(name: &str) -> Result<()> {
    let attempt = || Attempt::on_no_path(format!("cannot name a container {}", escaped_bytes(name.as_bytes())));
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if name.is_empty() {
        return Err(Error::invalid(
            Attempt::on_no_path("cannot name a container"),
            "the name is empty",
        ));
    }
    if name.len() > LONGEST {
        let why = format!("it is longer than {LONGEST} characters");
        return Err(Error::invalid(attempt(), why));
    }
    if !name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return Err(Error::invalid(attempt(), "it does not begin with a letter or a digit"));
    }
    if !name.bytes().all(fits) {
        let why = "only letters, digits, '_', '-' and '.' can be in it";
        return Err(Error::invalid(attempt(), why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn plain_words_are_names() {
        for name in ["a", "0", "web-1", "Debian_12.5", &"x".repeat(200)] {
            check(name).expect(name);
        }
    }

    #[test]
    fn nothing_that_leads_elsewhere_is_a_name() {
        for name in [
            "",
            ".",
            "..",
            ".a",
            "-a",
            "a/b",
            "a b",
            "a\n",
            "ä",
            "a\0",
            &"x".repeat(201),
        ] {
            check(name).expect_err(name);
        }
    }
}
