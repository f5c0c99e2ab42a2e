//! Where a container's terminals come from.

use std::os::fd::OwnedFd;

use furnace_sys::Errno;

use super::devpts;
use super::terminal::Terminal;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result};

/// The container's own devpts.
#[derive(Debug)]
pub(super) enum Terminals {
    /// It was handed over with the container.
    InHand(OwnedFd),
    /// The container is a joined one: whatever devpts is at its /dev/pts then.
    ToBeFound,
    /// Nobody wanted any.
    Unwanted,
    None,
}

impl Terminals {
    pub(super) fn of_started(wanted: bool, handed: Option<OwnedFd>) -> Self {
        match handed {
            Some(devpts) => Self::InHand(devpts),
            None if wanted => Self::None,
            None => Self::Unwanted,
        }
    }

    /// A new terminal, in the container with this PID 1.
    pub(super) fn open(&self, pid1: u32) -> Result<Terminal> {
        let attempt = Attempt::on("/dev/pts", "cannot make a terminal in the container");
        let lacks = |why: &'static str| Err(Error::new(Phase::Spawn, ErrorKind::Unsupported, &attempt).because(why));
        let opened = match self {
            Self::InHand(terminals) => Terminal::open(terminals, pid1),
            Self::ToBeFound => match devpts::find(pid1) {
                Some(terminals) => Terminal::open(&terminals, pid1),
                None => return lacks("it has no devpts on its /dev/pts"),
            },
            Self::Unwanted => return lacks("it was started without"),
            Self::None => return lacks("it has no /dev/pts of its own, for the host's /dev has no place for it"),
        };
        tracing::trace!(pid1, made = opened.is_ok(), "a terminal was asked for");
        opened.map_err(|errno| {
            Error::os(Phase::Spawn, &attempt, errno).with_any_remedy(match errno {
                Errno::NOSPC => Some("the most terminals are in use; see the sysctl kernel.pty.max"),
                _ => None,
            })
        })
    }
}
