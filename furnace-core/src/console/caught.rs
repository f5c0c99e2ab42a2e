//! The signals of the calling process, for a session.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use furnace_sys::Errno;
use furnace_sys::signal_fd::SignalFd;
use furnace_sys::signals::{is_ignored, set_ignored};

use super::signals::{Event, Signals};

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGQUIT: i32 = 3;
const SIGUSR1: i32 = 10;
const SIGUSR2: i32 = 12;
const SIGALRM: i32 = 14;
const SIGTERM: i32 = 15;
const SIGCHLD: i32 = 17;
const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;
const SIGTSTP: i32 = 20;
const SIGTTIN: i32 = 21;
const SIGXCPU: i32 = 24;
const SIGVTALRM: i32 = 26;
const SIGPROF: i32 = 27;
const SIGWINCH: i32 = 28;
const SIGIO: i32 = 29;

const PASSED_ON: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// Who is stopped stops the command too; or gives a terminal back before, and takes it again.
const STOPPING: [i32; 2] = [SIGCONT, SIGTSTP];

/// These end this process. It hears of them where there is a terminal to be given back before.
const ENDING: [i32; 7] = [SIGALRM, SIGIO, SIGPROF, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU];

/// The signals of the calling process, caught for a [session](super::Session) as a command line tool would: those that it is
/// told by go to the command, those that stop it stop the command too, and whatever ends it finds the caller's terminal as it
/// was.
///
/// While this lives they are blocked in the calling thread, and in those that it makes meanwhile. A process with other
/// threads has to have them blocked there as well, for a thread that has not takes them. A signal that was ignored stays so,
/// as nohup(1) wants it; but an ignored `SIGCHLD` has its default action meanwhile, or the kernel would forget how a command
/// has ended. When this is dropped, all is as it was: what has come and was not taken does then what it does.
///
/// ```no_run
/// # fn main() -> furnace_core::Result<()> {
/// use furnace_core::console::{CaughtSignals, Console};
///
/// let console = Console::new();
/// // One that comes during the start is kept until there is a command to pass it on to.
/// let mut signals = CaughtSignals::catch(console.wants_terminal()).expect("signals can be caught");
/// let container = furnace_core::Container::builder("/srv/debian").own_session(true).start()?;
/// let mut session = console.open(&container)?;
/// let mut make = session.spawn(&mut container.command("make"))?;
/// let status = session.relay_with(&mut make, &mut signals)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct CaughtSignals {
    come: SignalFd,
    /// What stops this process.
    stop: i32,
    ignored_children: bool,
}

impl CaughtSignals {
    /// Catches them from now on; with a `terminal`, those too that matter for one. The thread is the one that is to relay.
    ///
    /// # Errors
    ///
    /// What signalfd(2) fails with.
    pub fn catch(terminal: bool) -> io::Result<Self> {
        let for_terminals = ENDING.into_iter().chain([SIGWINCH]).filter(|_| terminal);
        let mut caught = Vec::new();
        for signal in PASSED_ON.into_iter().chain(STOPPING).chain(for_terminals) {
            if !is_ignored(signal)? {
                caught.push(signal);
            }
        }
        let come = SignalFd::block(&caught)?;
        let ignored_children = is_ignored(SIGCHLD)?;
        if ignored_children {
            set_ignored(SIGCHLD, false)?;
        }
        // The key does not get here from a terminal in raw mode, so whoever sends it means it. Else it may have been the key,
        // and nothing is to stop that no shell would continue: with this one the kernel sees to that.
        let stop = if terminal { SIGSTOP } else { SIGTTIN };
        Ok(Self {
            come,
            stop,
            ignored_children,
        })
    }
}

impl Drop for CaughtSignals {
    fn drop(&mut self) {
        if self.ignored_children {
            // It was possible before.
            let _: Result<(), Errno> = set_ignored(SIGCHLD, true);
        }
    }
}

impl Signals for CaughtSignals {
    /// Of several that are the same, one.
    fn take(&mut self) -> Option<Event> {
        self.come.take().map(|signal| match signal {
            SIGWINCH => Event::Resized,
            SIGCONT => Event::Resumed,
            SIGTSTP => Event::Suspend,
            signal if ENDING.contains(&signal) => Event::End(signal),
            signal => Event::PassOn(signal),
        })
    }

    fn yielded(&mut self, event: Event) {
        match event {
            // It goes on here when SIGCONT comes.
            Event::Suspend => self.come.raise(self.stop),
            Event::End(signal) => self.come.raise(signal),
            _ => {}
        }
    }
}

impl AsFd for CaughtSignals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.come.as_fd()
    }
}
