//! What a file says with one key, as words of the command line.

use std::ffi::OsString;

use toml::Spanned;
use toml::de::{DeInteger, DeValue};

use crate::config::document::Document;
use crate::config::keys::{COMMAND, Form, Key, Keys};
use crate::config::paths::resolved;
use crate::output::escape::escaped;
use crate::output::report::Failure;

/// A key that a file has.
pub(super) struct Entry<'a> {
    pub(super) key: Key<'a>,
    /// At which byte of the file.
    pub(super) at: usize,
    /// What would be typed.
    pub(super) words: Vec<OsString>,
}

/// All that is said, in the order of the file. Every value makes sense by itself.
pub(super) fn entries<'a>(document: &Document, keys: &'a Keys) -> Result<Vec<Entry<'a>>, Failure> {
    let table = document.table()?;
    let mut said: Vec<_> = table.iter().collect();
    // Later mounts lie over earlier ones.
    said.sort_by_key(|(name, _)| name.span().start);
    let entries = said.into_iter().map(|(name, value)| {
        let at = name.span().start;
        let Some(key) = keys.find(name.get_ref()) else {
            let name = name.get_ref();
            let why = format!("unknown key `{}`; {}", escaped(name), keys.near(name));
            return Err(document.failure(at, &why));
        };
        let words = Reader { document, keys, key }.words(value)?;
        Ok(Entry { key, at, words })
    });
    entries.collect()
}

struct Reader<'a> {
    document: &'a Document,
    keys: &'a Keys,
    key: Key<'a>,
}

impl Reader<'_> {
    fn words(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<OsString>, Failure> {
        match (self.key.form(), value.get_ref()) {
            (Form::Switch | Form::OptionalValue, DeValue::Boolean(false)) => Ok(Vec::new()),
            (Form::Switch | Form::OptionalValue, DeValue::Boolean(true)) => Ok(vec![self.option()]),
            (Form::List, DeValue::Array(values)) if !(values.is_empty() && self.key.id() == COMMAND) => {
                values.iter().map(|value| self.word(value)).collect()
            }
            (Form::OptionalValue | Form::Value, _) => Ok(vec![self.word(value)?]),
            (Form::Switch | Form::List, _) => Err(self.unexpected(value)),
        }
    }

    /// One value, checked by whoever reads it on the command line.
    fn word(&self, value: &Spanned<DeValue<'_>>) -> Result<OsString, Failure> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) if self.key.is_number() => {
                decimal(number).ok_or_else(|| self.refused(value, &number.to_string(), "the number is too large"))?
            }
            _ => return Err(self.unexpected(value)),
        };
        if text.contains('\0') {
            return Err(self.refused(value, &text, "there is a NUL character in it"));
        }
        let resolved = resolved(self.key, &text, &self.document.base);
        let word = match self.key.is_positional() {
            true => resolved,
            false => {
                let mut word = self.option();
                word.push("=");
                word.push(resolved);
                word
            }
        };
        match self.keys.check(self.key, &word) {
            Ok(()) => Ok(word),
            Err(why) => Err(self.refused(value, &text, &why)),
        }
    }

    fn option(&self) -> OsString {
        format!("--{}", self.key.name()).into()
    }

    fn refused(&self, value: &Spanned<DeValue<'_>>, text: &str, why: &str) -> Failure {
        let why = format!("invalid value '{}' for `{}`: {why}", escaped(text), self.key.name());
        self.document.failure(value.span().start, &why)
    }

    fn unexpected(&self, value: &Spanned<DeValue<'_>>) -> Failure {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or a time",
            DeValue::Array(values) if values.is_empty() => "an empty list",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let why = format!("`{}` is {}, not {found}", self.key.name(), expected(self.key));
        self.document.failure(value.span().start, &why)
    }
}

fn expected(key: Key<'_>) -> String {
    let number = if key.is_number() { "a whole number or " } else { "" };
    let form = key.value_name();
    match key.form() {
        Form::Switch => "true or false".to_owned(),
        Form::OptionalValue => format!("true, false, {number}a string ({form})"),
        Form::Value => format!("{number}a string ({form})"),
        Form::List => format!("a list of strings ({form})"),
    }
}

/// The number as it would be typed.
fn decimal(number: &DeInteger<'_>) -> Option<String> {
    let number = i128::from_str_radix(number.as_str(), number.radix()).ok()?;
    Some(number.to_string())
}
