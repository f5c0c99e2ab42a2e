//! Signals that are sent to `furnace`, and meant for the command or its terminal.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use furnace_core::console::{self, Event};
use signal_hook::consts::{
    SIGALRM, SIGCHLD, SIGCONT, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGSTOP, SIGTERM, SIGTSTP, SIGTTIN, SIGUSR1,
    SIGUSR2, SIGVTALRM, SIGWINCH, SIGXCPU,
};
use signal_hook::flag;
use signal_hook::iterator::backend::SignalDelivery;
use signal_hook::iterator::exfiltrator::SignalOnly;
use signal_hook::low_level::{emulate_default_handler, raise};

const PASSED_ON: [i32; 4] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/// These end this process. It hears of them where there is a terminal to be given back before.
const ENDING: [i32; 7] = [SIGALRM, SIGIO, SIGPROF, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU];

/// Who is stopped stops the command too; or gives a terminal back before, and takes it again.
const STOPPING: [i32; 2] = [SIGCONT, SIGTSTP];

/// The signals that have come and are yet to be passed on; readable when there are any.
#[derive(Debug)]
pub(crate) struct Signals {
    come: SignalDelivery<UnixStream, SignalOnly>,
    /// Whether they end this process after all.
    end: Arc<AtomicBool>,
    /// What stops this process.
    stop: i32,
}

impl Signals {
    /// From now on they no longer end or stop this process. One that was ignored stays so, as nohup(1) wants it. With a
    /// `terminal`, those that matter for one come too.
    pub(crate) fn catch(terminal: bool) -> io::Result<Self> {
        // Were this one ignored, the kernel would forget how the command ended.
        flag::register(SIGCHLD, Arc::default())?;
        let for_terminals = ENDING.into_iter().chain([SIGWINCH]).filter(|_| terminal);
        let mut caught = Vec::new();
        let end = Arc::new(AtomicBool::new(false));
        for signal in PASSED_ON.into_iter().chain(STOPPING).chain(for_terminals) {
            if !console::is_ignored(signal)? {
                flag::register_conditional_default(signal, Arc::clone(&end))?;
                caught.push(signal);
            }
        }
        let (reader, writer) = UnixStream::pair()?;
        let come = SignalDelivery::with_pipe(reader, writer, SignalOnly, caught)?;
        // The key does not get here from a terminal in raw mode, so whoever sends it means it. Else it may have been the key,
        // and nothing is to stop that no shell would continue: with this one the kernel sees to that.
        let stop = if terminal { SIGSTOP } else { SIGTTIN };
        Ok(Self { come, end, stop })
    }

    /// From now on they do to this process again what they would have: there is nobody to pass them on to.
    pub(crate) fn let_go(self) {
        self.end.store(true, Ordering::SeqCst);
    }
}

impl console::Signals for Signals {
    /// Of several that are the same, one.
    fn take(&mut self) -> Option<Event> {
        self.come.pending().next().map(|signal| match signal {
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
            Event::Suspend => {
                // To this thread, so that nothing more is done here before.
                let _ = raise(self.stop);
            }
            Event::End(signal) => {
                let _ = emulate_default_handler(signal);
            }
            _ => {}
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.come.get_read().as_fd()
    }
}
