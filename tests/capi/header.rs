//! What is declared in furnace.h.

use std::fs;

/// A function of the header.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) result: String,
    pub(crate) parameters: Vec<Parameter>,
}

/// What a function takes: a type and a name.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) kind: String,
    pub(crate) name: String,
}

impl Parameter {
    pub(crate) fn is_pointer(&self) -> bool {
        self.kind.ends_with('*')
    }
}

pub(crate) fn text() -> String {
    fs::read_to_string(furnace_tests::include().join("furnace.h")).unwrap()
}

/// The comment that the header begins with, without what makes it one.
pub(crate) fn overview() -> String {
    let text = text();
    let comment = text.split("*/").next().unwrap();
    let lines = comment.lines().map(|line| line.trim_start_matches(" *"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// All functions, in their order.
pub(crate) fn functions() -> Vec<Function> {
    functions_in(&text())
}

/// The functions of a header like ours.
pub(crate) fn functions_in(text: &str) -> Vec<Function> {
    let code = without_comments(text);
    let lines = code.lines().filter(|line| !line.starts_with('#'));
    let code: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    let code = code.join(" ").replace("extern \"C\" {", "");
    let declarations = code.split(';').map(str::trim);
    let functions = declarations.filter(|declaration| !declaration.starts_with("typedef") && declaration.contains('('));
    functions.map(function).collect()
}

/// The names of all numbers, in their order.
pub(crate) fn constants() -> Vec<String> {
    let text = text();
    let defined = text.lines().filter_map(|line| line.strip_prefix("#define "));
    let named = defined.filter_map(|definition| definition.split_once(' '));
    named.map(|(name, _)| name.to_owned()).collect()
}

/// The names of all types of handles.
pub(crate) fn handles() -> Vec<String> {
    let text = text();
    let declared = text.lines().filter_map(|line| line.strip_prefix("typedef struct "));
    declared
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect()
}

fn without_comments(text: &str) -> String {
    let mut code = String::new();
    for (index, part) in text.split("/*").enumerate() {
        code += if index == 0 {
            part
        } else {
            part.split_once("*/").unwrap().1
        };
    }
    code
}

fn function(declaration: &str) -> Function {
    let (head, rest) = declaration.split_once('(').unwrap();
    let (result, name) = kind_and_name(head);
    let parameters = rest.strip_suffix(')').unwrap();
    Function {
        name,
        result,
        parameters: parameters
            .split(',')
            .map(str::trim)
            .filter(|parameter| *parameter != "void")
            .map(|parameter| {
                let (kind, name) = kind_and_name(parameter);
                Parameter { kind, name }
            })
            .collect(),
    }
}

fn kind_and_name(text: &str) -> (String, String) {
    let end = text.rfind([' ', '*']).unwrap() + 1;
    (text[..end].trim().to_owned(), text[end..].to_owned())
}
