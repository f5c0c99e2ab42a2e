//! Whether a command is on a terminal.

use std::io::{IsTerminal, stderr, stdin, stdout};

use clap::Args;

#[derive(Args, Debug)]
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

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Nothing.
    Whatever,
    /// A terminal.
    Terminal,
    /// A terminal, for a shell.
    Shell,
    /// None, with what is typed or without.
    None { typed: bool },
}

impl TerminalArgs {
    pub(crate) fn wish(&self) -> Wish {
        match *self {
            Self { terminal: true, .. } => Wish::Terminal,
            Self { interactive: true, .. } => Wish::None { typed: true },
            Self { no_terminal: true, .. } => Wish::None { typed: false },
            _ => Wish::Whatever,
        }
    }
}

/// What it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A terminal of the container's own.
    Terminal {
        manner: Manner,
        /// It was asked for.
        must: bool,
    },
    /// The caller's streams, without the terminals among them.
    Apart {
        /// What is typed on the caller's terminal is passed on.
        typed: bool,
    },
}

/// How a terminal is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Manner {
    /// What is on it is a shell.
    pub(super) shell: bool,
    /// Standard error leads elsewhere.
    pub(super) stderr_apart: bool,
}

impl Kind {
    pub(crate) fn of(wish: Wish) -> Self {
        match wish {
            Wish::Terminal | Wish::Shell => Self::Terminal {
                manner: Manner {
                    shell: wish == Wish::Shell,
                    stderr_apart: false,
                },
                must: true,
            },
            Wish::Whatever if stdin().is_terminal() && stdout().is_terminal() => Self::Terminal {
                manner: Manner {
                    shell: false,
                    stderr_apart: !stderr().is_terminal(),
                },
                must: false,
            },
            // Who reads a pager's output types for the pager.
            Wish::Whatever => Self::Apart { typed: false },
            Wish::None { typed } => Self::Apart { typed },
        }
    }

    pub(crate) fn is_terminal(self) -> bool {
        matches!(self, Self::Terminal { .. })
    }
}
