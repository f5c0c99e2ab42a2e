//! Whether a command is on a terminal.

use clap::Args;
use furnace_core::console::Console;

#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Command")]
pub(crate) struct TerminalArgs {
    /// Run on a terminal of the container's own
    ///
    /// It is the default where standard input and output are both terminals; a standard error that is none then stays
    /// as it is. With this option all three lead there, whatever they are. The caller's terminal can never be reached
    /// from inside.
    #[arg(short = 't', long, conflicts_with = "no_terminal")]
    terminal: bool,

    /// Pass on what is typed, but without a terminal
    ///
    /// Where there is no terminal inside, a standard input that is a terminal is empty, unless this is given. Files and
    /// pipes are always passed as they are. With -t it has no effect.
    #[arg(short, long)]
    interactive: bool,

    /// Run without a terminal
    #[arg(short = 'T', long)]
    no_terminal: bool,
}

impl TerminalArgs {
    /// Tells the library.
    pub(crate) fn console(&self) -> Console<'static> {
        let console = Console::new();
        match *self {
            Self { terminal: true, .. } => console.terminal(true),
            Self {
                interactive,
                no_terminal,
                ..
            } if interactive || no_terminal => console.terminal(false).typed(interactive),
            _ => console,
        }
    }
}
