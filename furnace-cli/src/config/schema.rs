//! `furnace config-schema`: what a file may say, for programs that check or complete it.

use serde_json::{Map, Value, json};

use crate::config::keys::{COMMAND, Form, Key, Keys};
use crate::exit::Exit;
use crate::output;
use crate::output::report::Failure;

pub(crate) fn config_schema() -> Result<Exit, Failure> {
    let schema = schema(&Keys::new());
    output::write(|to| writeln!(to, "{schema:#}"))?;
    Ok(Exit::Success)
}

fn schema(keys: &Keys) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name().to_owned(), property(key))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A container of Furnace",
        "description": "What furnace run --config takes. Relative paths of the host are relative to the directory of \
                        the file.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn property(key: Key<'_>) -> Value {
    let values = match key.form() {
        Form::Switch => json!({ "type": "boolean" }),
        Form::Value => value(key),
        Form::OptionalValue => json!({ "anyOf": [{ "type": "boolean" }, value(key)] }),
        Form::List if key.id() == COMMAND => json!({ "type": "array", "items": value(key), "minItems": 1 }),
        Form::List => json!({ "type": "array", "items": value(key) }),
    };
    let about = json!({ "title": key.summary(), "description": key.description() });
    let default = key.default().map(|default| ("default".to_owned(), default.into()));
    let parts = [values, about].into_iter().filter_map(|part| match part {
        Value::Object(part) => Some(part),
        _ => None,
    });
    parts.flatten().chain(default).collect()
}

fn value(key: Key<'_>) -> Value {
    let choices = key.choices();
    let choices: Vec<&str> = choices.iter().map(clap::builder::PossibleValue::get_name).collect();
    if !choices.is_empty() {
        return json!({ "enum": choices });
    }
    // No argument, path or name has a NUL character in it.
    let pattern = match key.is_path() {
        true => "^[^\\u0000]+$",
        false => "^[^\\u0000]*$",
    };
    match key.is_number() {
        true => json!({ "type": ["integer", "string"], "minimum": 0, "minLength": 1 }),
        false => json!({ "type": "string", "pattern": pattern }),
    }
}
