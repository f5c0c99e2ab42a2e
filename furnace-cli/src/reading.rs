//! From the words of a command line to what they mean: as clap defines it, and as fast as it goes.
//!
//! To define all options takes clap longer than to read some, and a good part of the time that making a container takes.
//! So the two subcommands of which scripts run thousands are read by a clap that knows no other; and a run with no options
//! but a few switches is read without. What either can't make sense of is read once more, by the clap that knows
//! everything and can tell what is wrong.

use std::ffi::{OsStr, OsString};
use std::mem::{ManuallyDrop, replace};
use std::os::unix::ffi::OsStrExt;

use clap::{Args, Command, CommandFactory, FromArgMatches};

use crate::args::{Cli, RunArgs, Subcommand};
use crate::named::exec::{self, ExecArgs};
use crate::output::log::LogArgs;

impl Cli {
    /// Reads the words of a command line.
    pub(crate) fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        if let Some(cli) = plain(words) {
            return Ok(cli);
        }
        let names_process = exec::names_process(words);
        if !names_process
            && let Some(narrow) = words.get(1).and_then(|name| alone(name))
            && let Ok(cli) = matched(narrow, words)
        {
            return Ok(cli);
        }
        let all = Self::command();
        matched(if names_process { exec::by_pid(all) } else { all }, words)
    }
}

/// `furnace run [SWITCH]... ROOT [--] COMMAND [ARG]...`, if that is all: what follows COMMAND is its own.
fn plain(words: &[OsString]) -> Option<Cli> {
    let [_, subcommand, words @ ..] = words else {
        return None;
    };
    if subcommand != "run" {
        return None;
    }
    let mut args = RunArgs::default();
    let mut words = words;
    while let [word, others @ ..] = words
        && is_option(word)
    {
        set_switch(&mut args, word)?;
        words = others;
    }
    let (root, command) = match words {
        [root, dashes, command @ ..] if dashes == "--" => (root, command),
        [root, command @ ..] => (root, command),
        [] => return None,
    };
    if root.is_empty() || command.first().is_none_or(is_option) {
        return None;
    }
    args.root = root.into();
    args.command = command.to_vec();
    Some(Cli {
        log: LogArgs::default(),
        subcommand: Subcommand::Run(args),
    })
}

fn is_option(word: &OsString) -> bool {
    word.as_bytes().starts_with(b"-")
}

/// Switches that go with each other. Nothing if it is another word, or said for the second time.
fn set_switch(args: &mut RunArgs, word: &OsStr) -> Option<()> {
    let was_set = match word.to_str()? {
        "--clear-env" => replace(&mut args.command_args.clear_env, true),
        "--ephemeral" => args.container.root_args.ephemeral.replace(None).is_some(),
        "--isolate-network" => replace(&mut args.container.isolate_network, true),
        "--read-only" => replace(&mut args.container.root_args.read_only, true),
        _ => return None,
    };
    (!was_set).then_some(())
}

/// The command line with one subcommand alone.
fn alone(subcommand: &OsStr) -> Option<Command> {
    let (name, define): (_, fn(Command) -> Command) = match subcommand.to_str()? {
        "run" => ("run", RunArgs::augment_args),
        "exec" => ("exec", ExecArgs::augment_args),
        _ => return None,
    };
    Some(LogArgs::augment_args(Command::new("furnace")).subcommand(define(Command::new(name))))
}

fn matched(command: Command, words: &[OsString]) -> Result<Cli, clap::Error> {
    // They last as long as the process, which has no use for their memory.
    let mut command = ManuallyDrop::new(command);
    let mut matches = ManuallyDrop::new(command.try_get_matches_from_mut(words)?);
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use clap::CommandFactory;

    use super::{alone, matched, plain};
    use crate::args::Cli;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    /// What clap makes of it when it knows everything.
    fn read(line: &str) -> Option<String> {
        let read = matched(Cli::command(), &words(line)).ok()?;
        Some(format!("{read:?}"))
    }

    #[test]
    fn what_is_read_without_clap_means_what_it_makes_of_it() {
        const WORDS: [&str; 9] = ["/", "true", "--", "-x", "-", "", "--read-only", "--ephemeral", "run"];
        let mut lines = vec!["furnace run".to_owned()];
        let (mut quick, mut all) = (0, 0);
        for _ in 0..4 {
            let longer = lines.iter().flat_map(|line| WORDS.map(|word| format!("{line} {word}")));
            lines = longer.collect();
            // Few of the longest are plain, and clap takes long.
            for line in &lines {
                all += 1;
                if let Some(cli) = plain(&words(line)) {
                    quick += 1;
                    assert_eq!(Some(format!("{cli:?}")), read(line), "{line}");
                }
            }
        }
        assert!((500..all / 2).contains(&quick), "{quick} of {all}");
    }

    #[test]
    fn switches_are_those_of_clap() {
        let switches = ["--clear-env", "--ephemeral", "--isolate-network", "--read-only"];
        for one in switches {
            for other in switches {
                let line = format!("furnace run {one} {other} / -- true -x");
                let quick = plain(&words(&line)).map(|cli| format!("{cli:?}"));
                assert_eq!(quick, read(&line), "{line}");
                assert_eq!(quick.is_some(), one != other, "{line}");
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_clap() {
        for line in [
            "furnace",
            "furnace run",
            "furnace run -v / true",
            "furnace run / -v true",
            "furnace run -- / true",
            "furnace -v run / true",
            "furnace start / true",
            "furnace exec name true",
        ] {
            assert!(plain(&words(line)).is_none(), "{line}");
        }
    }

    #[test]
    fn one_subcommand_alone_means_what_it_means_among_all() {
        for line in [
            "furnace run --ephemeral=1M --bind /a:/b -vv / -- true -v",
            "furnace run --log-format json / true",
            "furnace run -T --env A=1 --user 1:2 / true",
            "furnace exec name true",
            "furnace exec -t --workdir / name -- true --",
        ] {
            let words = words(line);
            let narrow = alone(&words[1]).expect("it is one of them");
            let narrow = matched(narrow, &words).expect("it makes sense");
            assert_eq!(Some(format!("{narrow:?}")), read(line), "{line}");
        }
    }
}
