//! Root directories with attackers in them, and attackers at work.

use std::io::{BufRead, BufReader, Read};
use std::process::ChildStdout;

use furnace_core::{Builder, Child, Container, Stdio};
use furnace_tests::{Root, Scratch, compile_c};

/// What those have in common that wait for newcomers.
const NEWCOMERS: &str = include_str!("programs/newcomers.h");

pub(crate) const TRUE: (&str, &str) = ("true", include_str!("programs/true.c"));

/// How often a race is run.
pub(crate) fn rounds(usual: usize) -> usize {
    std::env::var("FURNACE_ATTACK_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(usual)
}

/// Has a race run until it is won, for it is not won every time.
pub(crate) fn until_won(race: impl FnMut() -> bool) -> Result<(), &'static str> {
    let mut races = std::iter::repeat_with(race).take(1000);
    races
        .any(|won| won)
        .then_some(())
        .ok_or("the attacker has lost every race")
}

/// The source of a program that waits for newcomers.
pub(crate) fn watcher(source: &str) -> String {
    format!("{NEWCOMERS}{source}")
}

/// A root directory with nothing but `true` and these programs in its `/bin`.
pub(crate) fn root_with(programs: &[(&str, &str)]) -> Root {
    let root = Root::bare();
    let scratch = Scratch::new();
    for (name, source) in programs.iter().chain([&TRUE]) {
        root.install(&compile_c(scratch.path(), name, source));
    }
    root
}

/// A container that has nothing to do with name servers.
pub(crate) fn builder(root: &Root) -> Builder {
    let mut builder = Container::builder(root);
    builder.resolv_conf(false);
    builder
}

/// An attacker that is at work until it is told to end.
pub(crate) struct Attacker {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Attacker {
    /// Starts a program that says when it is ready.
    pub(crate) fn start(container: &Container, program: &str, arguments: &[&str]) -> Self {
        let mut command = container.command(format!("/bin/{program}"));
        command.args(arguments).env_clear().new_session(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "{program} did not begin");
        Self { child, output }
    }

    /// Tells it to end; gives what it has to say.
    pub(crate) fn end(mut self) -> String {
        drop(self.child.stdin.take());
        let mut said = String::new();
        self.output.read_to_string(&mut said).unwrap();
        self.child.wait().unwrap();
        said
    }
}

/// The number after a word of what an attacker said.
pub(crate) fn count(said: &str, word: &str) -> usize {
    let mut words = said.split_whitespace().skip_while(|other| *other != word);
    words
        .nth(1)
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("no {word} in: {said}"))
}

/// Fails with what an attacker has found.
pub(crate) fn nothing_found(said: &str) -> Result<(), String> {
    if said.contains("found") {
        Err(said.to_owned())
    } else {
        Ok(())
    }
}
