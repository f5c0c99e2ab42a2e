//! The text of a file, and where in it something is.

use std::env;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::output::escape::{escaped, escaped_path};
use crate::output::report::Failure;

/// How many bytes it may have: nobody writes more by hand, and a source such as a device may be endless.
const MOST: u64 = 1 << 20;

/// A file that was read.
#[derive(Debug)]
pub(super) struct Document {
    path: PathBuf,
    text: String,
    /// The directory that relative paths in it are relative to.
    pub(super) base: PathBuf,
}

impl Document {
    /// Reads `path` to its end, or the standard input for `-`.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let attempt = format!("cannot read {} for --config", escaped_path(path));
        let (bytes, base) = contents(path).map_err(Failure::system_on(path, attempt))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                path: path.to_owned(),
                text,
                base,
            }),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let document = Self {
                    path: path.to_owned(),
                    text,
                    base,
                };
                Err(document.failure(valid, "what is here is not UTF-8"))
            }
        }
    }

    pub(super) fn table(&self) -> Result<DeTable<'_>, Failure> {
        match DeTable::parse(&self.text) {
            Ok(table) => Ok(table.into_inner()),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                Err(self.failure(at, &escaped(error.message())))
            }
        }
    }

    /// Says what is wrong at the byte `at`.
    pub(super) fn failure(&self, at: usize, why: &str) -> Failure {
        let (line, column) = position(&self.text, at);
        Failure::InFile {
            why: format!("{}:{line}:{column}: {why}", escaped_path(&self.path)),
            path: self.path.clone(),
        }
    }
}

/// What is in the file, and its directory. What is no regular file, such as a pipe, is in none that means anything.
fn contents(path: &Path) -> io::Result<(Vec<u8>, PathBuf)> {
    if path == Path::new("-") {
        return Ok((limited(io::stdin().lock())?, env::current_dir()?));
    }
    let file = File::open(path)?;
    let base = match path.parent() {
        Some(directory) if file.metadata()?.is_file() => env::current_dir()?.join(directory),
        _ => env::current_dir()?,
    };
    Ok((limited(file)?, base))
}

fn limited(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST {
        let why = format!("it has more than {} MiB", MOST >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    Ok(bytes)
}

/// The line, and the character in it, both counted from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::position;

    #[test]
    fn lines_and_characters_are_counted_from_1() {
        let text = "a\nüb\n";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, 2), (2, 1));
        assert_eq!(position(text, 4), (2, 2));
        assert_eq!(position(text, 6), (3, 1));
        assert_eq!(position(text, 100), (3, 1));
        assert_eq!(position("", 0), (1, 1));
    }
}
