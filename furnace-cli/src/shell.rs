//! `furnace shell`: a shell to look around with.

use std::ffi::OsStr;

use furnace_core::{Command, ErrorKind, Phase};

use crate::args::ShellArgs;
use crate::exit::Exit;
use crate::output::colour;
use crate::output::report::Failure;
use crate::prompt::Prompt;
use crate::session::session;
use crate::terminal::Wish;

/// What of the caller's environment would have a say in a shell that is to be plain, or means nothing inside.
const NOT_INHERITED: [&str; 3] = ["PROMPT_COMMAND", "ENV", "SHELL"];

pub(crate) fn shell(args: &ShellArgs) -> Result<Exit, Failure> {
    let host = args.container.hostname.as_deref();
    let prompt = Prompt::new(host.unwrap_or(OsStr::new("localhost")));
    let prepare = |mut command: Command, prompt: &str| {
        args.command_args.clear(&mut command);
        for name in NOT_INHERITED {
            command.env_remove(name);
        }
        if let Some(kind) = std::env::var_os("TERM") {
            command.env("TERM", kind);
        }
        command.env("PS1", prompt).arg("-i");
        args.command_args.add_to(&mut command);
        command
    };
    session(
        &args.container,
        Wish::Shell,
        args.command_args.user,
        |container, streams| {
            let mut bash = container.command("bash");
            bash.args(["--norc", "--noprofile"]);
            match streams.spawn(prepare(bash, &prompt.for_bash(colour::are_wanted()))) {
                Err(Failure::Container(error))
                    if error.phase() == Phase::Execute && error.kind() == ErrorKind::NotFound =>
                {
                    streams.spawn(prepare(container.command("sh"), &prompt.for_sh()))
                }
                other => other,
            }
        },
    )
}
