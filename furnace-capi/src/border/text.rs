//! Text on its way to C.

use std::ffi::CString;

/// As C has it. What is ours holds no NUL byte; what came from elsewhere ends before its first.
pub(crate) fn c_string(text: impl Into<Vec<u8>>) -> CString {
    CString::new(text).unwrap_or_else(|error| {
        let end = error.nul_position();
        let mut bytes = error.into_vec();
        bytes.truncate(end);
        CString::new(bytes).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::c_string;

    #[test]
    fn text_ends_at_a_nul() {
        assert_eq!(c_string("plain").as_c_str(), c"plain");
        assert_eq!(c_string(*b"a\0b").as_c_str(), c"a");
    }
}
