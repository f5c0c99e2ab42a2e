//! furnace-config(5): what a file may say, for people.

use std::io::{self, Write};

use clap_mangen::roff::{Roff, bold, italic, roman};

use crate::config::keys::{Form, Key, Keys};
use crate::generated::SOURCE;

/// What the page is called in a directory of pages.
pub(crate) const FILE: &str = "furnace-config.5";

const ABOUT: [&str; 4] = [
    "A file that furnace run --config reads, and every other command with this option, says what can be typed as options. \
     It is TOML, in UTF-8, of 1 MiB at most. Each key is the long name of an option of furnace run, or root or command. \
     What a command has no option for is of no account to it, such as command to furnace shell. A key that is not known, \
     a value of the wrong type and one that makes no sense are refused, with line and column, before anything is done.",
    "A value means what it means when it is typed, with two exceptions. A relative path of the host is relative to the \
     directory of the file, as it was named; to the working directory, if the file is a pipe or the standard input. And \
     nothing is expanded, by no shell: no variable, no `~`.",
    "What is typed wins. A single value that is typed is used instead of the one in the file, and so is an option that \
     excludes the one in the file, as --no-terminal does terminal. A list begins with what is in the file, and what is \
     typed follows: later mounts lie over earlier ones, later variables replace earlier ones. --without KEY leaves out \
     what the file says of a key, and so turns a switch off.",
    "ROOT and COMMAND are each taken from the file unless typed. With --config, what follows `--` where no ROOT is typed \
     is COMMAND. Mounts are made in the order in which their keys are in the file.",
];

const EXAMPLE: &str = "\
root = \"/srv/debian\"
ephemeral = \"2G\"
isolate-network = true
bind-ro = [\".:/src\"]
env = [\"LC_ALL=C\"]
workdir = \"/src\"
command = [\"make\", \"check\"]";

/// Writes the page.
pub(crate) fn write(to: &mut dyn Write) -> io::Result<()> {
    let mut page = Roff::new();
    page.control("TH", ["furnace-config", "5", "", SOURCE]);
    page.control("SH", ["NAME"]);
    page.text([roman("furnace-config - what containers are to be like, in a file")]);
    page.control("SH", ["DESCRIPTION"]);
    for paragraph in ABOUT {
        page.control("PP", []).text([roman(paragraph)]);
    }
    page.control("SH", ["KEYS"]);
    page.text([roman("What each is for is in furnace-run(1), in more words.")]);
    let keys = Keys::new();
    for key in keys.iter() {
        page.control("TP", []);
        page.text([bold(key.name()), roman(" = "), italic(value(key))]);
        page.text([roman(key.summary())]);
    }
    page.control("SH", ["EXAMPLE"]);
    page.control("nf", []).text([roman(EXAMPLE)]);
    page.control("fi", []);
    page.control("SH", ["SEE ALSO"]);
    page.text([roman("furnace-run(1), furnace-config-schema(1)")]);
    page.to_writer(to)
}

fn value(key: Key<'_>) -> String {
    let form = match key.is_number() {
        true => format!("\"{0}\", or a whole number", key.value_name()),
        false => format!("\"{}\"", key.value_name()),
    };
    match key.form() {
        Form::Switch => "true or false".to_owned(),
        Form::OptionalValue => format!("true, false, {form}"),
        Form::Value => form,
        Form::List => format!("[{form}, ...]"),
    }
}
