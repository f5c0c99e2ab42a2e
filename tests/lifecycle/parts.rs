//! Programs that tests need: this binary again, which a variable of the environment tells what to be.

use std::env;
use std::io::{Read, Write};
use std::process::{Command, ExitCode};

use furnace_tests::Outcome;

use crate::{
    callers, consoles, everything, host_mounts, id_maps, images, joining, memfd_noexec, named, network, overlay_work,
    owner_death, stacked, start_errors, stdio,
};

const VARIABLE: &str = "FURNACE_TEST_PART";

pub(crate) fn asked_for() -> Option<String> {
    env::var(VARIABLE).ok()
}

/// This binary, as the part `name`.
pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env(VARIABLE, name);
    command
}

/// The same, executed by `program`, to whose arguments it is added.
pub(crate) fn command_by(name: &str, program: &mut Command) -> Command {
    let mut command = Command::new(program.get_program());
    command.args(program.get_args()).arg(env::current_exe().unwrap());
    command.env(VARIABLE, name);
    command
}

/// The same inside a container to which this binary is bound at `path`.
pub(crate) fn command_inside(container: &furnace_core::Container, path: &str, name: &str) -> furnace_core::Command {
    let mut command = container.command(path);
    command.env(VARIABLE, name);
    command
}

/// Plays a part; what it fails with goes to standard error.
pub(crate) fn play(name: &str) -> ExitCode {
    let outcome = match name {
        "attacher" => joining::attacher(),
        "churner" => owner_death::churner(),
        "detacher" => named::detacher(),
        "everything" => everything::everything(),
        "forker" => callers::forker(),
        "host_mounter" => host_mounts::copies::mounter(),
        "host_nobody" => host_mounts::refusals::nobody(),
        "holder" => callers::holder(),
        "idler" => owner_death::idler(),
        "image_churner" => images::image_churner(),
        "imager" => images::imager(),
        "inheritor" => stdio::inheritor(),
        "keeper" => overlay_work::keeper(),
        "loopback" => network::loopback(),
        "mapper" => id_maps::mapper(),
        "naming_churner" => named::naming_churner(),
        "nester" => stacked::nester(),
        "nobody" => start_errors::nobody(),
        "noexec" => memfd_noexec::noexec(),
        "panicker" => owner_death::panicker(),
        "reaper" => callers::reaper(),
        "sheller" => consoles::sheller(),
        "signalled" => consoles::signalled(),
        "stacker" => stacked::stacker(),
        "starter" => owner_death::starter(),
        "streamer" => consoles::streamer(),
        "user" => callers::user(),
        other => Err(format!("there is no part {other}").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            let _ = writeln!(std::io::stderr(), "{name}: {}", failed.message().unwrap_or("failed"));
            ExitCode::FAILURE
        }
    }
}

/// Says a line to the test that started this part.
pub(crate) fn say(line: &str) -> Outcome {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}

/// Waits until the test closes this part's standard input, or for ever.
pub(crate) fn wait_for_the_test() -> Outcome {
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// The argument number `number` of a part, from 1.
pub(crate) fn argument(number: usize) -> String {
    env::args().nth(number).unwrap()
}
