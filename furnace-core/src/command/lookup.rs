//! Which files a program's name may mean: the container decides which of them there is.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Where programs are looked for when the command has no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The files to try for `program`, in their order, as execvp(3) has them.
pub(super) fn candidates(program: &OsStr, path: Option<&OsStr>) -> Vec<OsString> {
    if program.as_bytes().contains(&b'/') {
        return vec![program.to_owned()];
    }
    let path = path.unwrap_or(OsStr::new(DEFAULT_PATH));
    let in_directory = |directory: &[u8]| match directory {
        [] => program.to_owned(),
        directory => OsString::from_vec([directory, b"/", program.as_bytes()].concat()),
    };
    path.as_bytes().split(|byte| *byte == b':').map(in_directory).collect()
}

#[cfg(test)]
mod tests {
    use super::candidates;
    use std::ffi::OsStr;

    #[test]
    fn a_name_is_tried_along_the_path() {
        let tried = candidates("make".as_ref(), Some(OsStr::new("/a:/b/::/c")));
        assert_eq!(tried, ["/a/make", "/b//make", "make", "/c/make"]);
    }

    #[test]
    fn a_path_is_tried_alone() {
        assert_eq!(candidates("./make".as_ref(), Some(OsStr::new("/a"))), ["./make"]);
    }

    #[test]
    fn without_a_path_there_is_a_default() {
        assert!(candidates("ls".as_ref(), None).contains(&"/bin/ls".into()));
    }
}
