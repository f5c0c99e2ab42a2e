//! A shell in a throw-away copy of the running system, on a terminal of its own. It ends as the shell does.

use std::process::ExitCode;

fn main() -> furnace_core::Result<ExitCode> {
    let container = furnace_core::Container::builder("/")
        .ephemeral(true)
        .own_session(true)
        .start()?;
    let status = container.shell().hostname("copy").run()?;
    container.stop()?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
