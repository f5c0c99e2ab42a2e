//! What the sources say, as far as a reader who knows no Rust could tell.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// All files of Rust below a directory of the project.
pub(crate) fn rust_files(directory: &str) -> Vec<PathBuf> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let (mut found, mut ahead) = (Vec::new(), vec![root.join(directory)]);
    while let Some(directory) = ahead.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                ahead.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty());
    found
}

/// The names of all functions that furnace-capi exports.
pub(crate) fn exported_functions() -> BTreeSet<String> {
    let files = rust_files("furnace-capi/src");
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let mut names = BTreeSet::new();
    for text in &texts {
        for exported in text.split("#[unsafe(no_mangle)]").skip(1) {
            let name = exported.split_once(" fn ").unwrap().1;
            names.insert(name.split('(').next().unwrap().to_owned());
        }
    }
    names
}

/// All that a program in Rust can use of furnace-core: functions, fields that can be read, variants of enumerations,
/// what a trait asks for. A `pub` that is not seen outside would not pass the lints.
pub(crate) fn capabilities() -> BTreeSet<String> {
    let files = rust_files("furnace-core/src");
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    texts.flat_map(|text| capabilities_in(&text)).collect()
}

/// rustfmt has put everything where it is looked for.
fn capabilities_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut of, mut is_hidden) = (None, false);
    for line in text.lines() {
        if let Some(name) = function_after("pub ", line) {
            found.push(name.to_owned());
        }
        of = match block(line) {
            Some(begun) => Some(begun),
            None if line.starts_with('}') => None,
            None => of,
        };
        if let Some((kind, name)) = &of
            && let Some(item) = item(kind, line)
            && !is_hidden
        {
            found.push(format!("{name}{item}"));
        }
        is_hidden = line.trim() == "#[doc(hidden)]" || is_hidden && line.trim_start().starts_with('#');
    }
    found
}

/// The kind and name of what begins in this line.
fn block(line: &str) -> Option<(&str, &str)> {
    let begins = line.strip_suffix(" {")?;
    let (kind, rest) = [
        ("impl", "impl"),
        ("struct", "pub struct"),
        ("enum", "pub enum"),
        ("trait", "pub trait"),
    ]
    .into_iter()
    .find_map(|(kind, prefix)| Some((kind, begins.strip_prefix(prefix)?)))?;
    let rest = match rest.strip_prefix('<') {
        Some(generic) => generic.split_once('>')?.1,
        None => rest,
    };
    let rest = rest.strip_prefix(' ')?;
    let is_of_a_trait = rest.contains(" for ");
    (!is_of_a_trait).then(|| (kind, word(rest)))
}

/// What of a block can be used.
fn item(kind: &str, line: &str) -> Option<String> {
    let inside = line.strip_prefix("    ")?;
    match kind {
        "impl" => function_after("    pub ", line).map(|name| format!("::{name}")),
        "trait" => function_after("    ", line).map(|name| format!("::{name}")),
        "struct" => {
            let field = inside.strip_prefix("pub ")?;
            field.contains(": ").then(|| format!(".{}", word(field)))
        }
        _ => inside
            .starts_with(|first: char| first.is_ascii_uppercase())
            .then(|| format!("::{}", word(inside))),
    }
}

fn function_after<'a>(prefix: &str, line: &'a str) -> Option<&'a str> {
    let rest = line.strip_prefix(prefix)?;
    let rest = rest.strip_prefix("const ").unwrap_or(rest);
    rest.strip_prefix("fn ").map(word)
}

fn word(text: &str) -> &str {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
        .next()
        .unwrap()
}
