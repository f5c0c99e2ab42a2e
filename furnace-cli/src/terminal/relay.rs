//! Everything that happens while a command runs: it writes, somebody types, signals come, it ends.

use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::rc::Rc;

use furnace_core::Child;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionread, retry_on_intr};
use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::low_level::emulate_default_handler;

use crate::output::report::Failure;
use crate::signals::{ENDING, Signals};

use super::caller::Caller;
use super::channel::{Channel, Moved};
use super::end_of_input::EndOfInput;
use super::inner::peer;
use super::size;

/// After how long to look for what no event tells: that this process is in the foreground again, or that somebody reads
/// where the end of the input was read before.
const LOOK_AGAIN: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 500_000_000,
};

/// Terminals hold less, and so do pipes that nobody made larger.
const MOST_HELD: u64 = 64 << 10;

/// The two ends of the container's terminal.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) master: Rc<OwnedFd>,
    /// Held, so that the terminal does not end when a command closes it and opens it again.
    pub(super) peer: OwnedFd,
    pub(super) shell: bool,
}

/// Carries, until a command has ended.
#[derive(Debug)]
pub(super) struct Relay {
    caller: Option<Caller>,
    inner: Option<Ends>,
    input: Option<Channel>,
    /// What follows the input on a terminal.
    end: Option<EndOfInput>,
    outputs: Vec<Channel>,
}

/// What is to be done at one end of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

/// A channel, of those that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Input,
    Output(usize),
}

impl Relay {
    pub(super) fn new(
        caller: Option<Caller>,
        inner: Option<Ends>,
        input: Option<Channel>,
        outputs: Vec<Channel>,
    ) -> Self {
        Self {
            caller,
            inner,
            input,
            end: None,
            outputs,
        }
    }

    /// Until the command has ended, and what it has written is carried.
    pub(super) fn run(mut self, child: &mut Child, signals: &mut Signals) -> Result<ExitStatus, Failure> {
        loop {
            self.wait_and_carry(child, signals)?;
            for signal in signals.take() {
                self.answer(signal, child)?;
            }
            self.end_input();
            if let Some(status) = child.try_wait()? {
                self.carry_the_rest(signals)?;
                return Ok(status);
            }
        }
    }

    /// Waits for anything, and carries what can be.
    fn wait_and_carry(&mut self, child: &Child, signals: &Signals) -> Result<(), Failure> {
        let may_read = self.may_read();
        let mut watched = vec![PollFd::new(child, PollFlags::IN), PollFd::new(signals, PollFlags::IN)];
        let mut ends = Vec::new();
        let outputs = (0..).map(Which::Output).zip(&self.outputs);
        for (which, channel) in self.input.iter().map(|input| (Which::Input, input)).chain(outputs) {
            if let Some(source) = channel.source().filter(|_| may_read || which != Which::Input) {
                watched.push(PollFd::from_borrowed_fd(source, PollFlags::IN));
                ends.push((which, Direction::In));
            }
            if let Some(sink) = channel.sink() {
                watched.push(PollFd::from_borrowed_fd(sink, PollFlags::OUT));
                ends.push((which, Direction::Out));
            }
        }
        let limit = (!may_read || self.end.is_some()).then_some(&LOOK_AGAIN);
        retry_on_intr(|| poll(&mut watched, limit))
            .map_err(|errno| Failure::system("cannot wait for the command")(errno.into()))?;
        let ready: Vec<_> = watched.iter().skip(2).map(|end| !end.revents().is_empty()).collect();
        drop(watched);
        for ((which, direction), ready) in ends.into_iter().zip(ready) {
            if ready {
                self.carry(which, direction)?;
            }
        }
        Ok(())
    }

    /// Whether what is typed is for this process. In the background, the shell that put it there has the terminal.
    fn may_read(&self) -> bool {
        match (&self.caller, &self.inner) {
            (Some(caller), Some(_)) => caller.take_over(),
            (Some(caller), None) => caller.in_foreground(),
            (None, _) => true,
        }
    }

    fn carry(&mut self, which: Which, direction: Direction) -> Result<(), Failure> {
        let Some(channel) = self.channel(which) else {
            return Ok(());
        };
        let moved = match direction {
            Direction::In => channel.fill(),
            Direction::Out => channel.flush().map_err(unwritten())?,
        };
        let is_callers = (which == Which::Input) == (direction == Direction::In);
        match moved {
            Moved::Some(_) | Moved::Nothing => {}
            Moved::HungUp if is_callers || self.inner.is_none() => self.hang_up(),
            Moved::HungUp => self.open_again(),
            Moved::End if (which, direction) == (Which::Input, Direction::In) => self.input_ended(),
            Moved::End if self.inner.is_some() => self.hang_up(),
            // Where nobody reads any more: whoever writes learns that when it does.
            Moved::End => {
                if let Some(channel) = self.channel(which) {
                    channel.close();
                }
            }
        }
        Ok(())
    }

    fn channel(&mut self, which: Which) -> Option<&mut Channel> {
        match which {
            Which::Input => self.input.as_mut(),
            Which::Output(number) => self.outputs.get_mut(number),
        }
    }

    fn input_ended(&mut self) {
        match &self.caller {
            _ if self.inner.is_none() => self.input = None,
            // Where each key is passed on there is no end but that.
            Some(caller) if caller.is_gone() => self.hang_up(),
            _ => self.end = Some(EndOfInput::default()),
        }
    }

    /// Types the end of the input, if it is time for that.
    fn end_input(&mut self) {
        if let (Some(end), Some(input), Some(inner)) = (&mut self.end, &mut self.input, &self.inner)
            && input.is_empty()
        {
            input.put(&end.due(&inner.peer, input.last()));
        }
    }

    /// There is nobody left at the caller's terminal: the command hears of it as it would there, by SIGHUP.
    fn hang_up(&mut self) {
        self.end = None;
        self.input = None;
        self.outputs.clear();
        self.inner = None;
    }

    /// The command hung its terminal up (vhangup(2)), and may open it again.
    fn open_again(&mut self) {
        if let Some(inner) = &mut self.inner {
            match peer(&inner.master) {
                Ok(peer) => inner.peer = peer,
                Err(_) => self.hang_up(),
            }
        }
    }

    fn answer(&mut self, signal: i32, child: &Child) -> Result<(), Failure> {
        match signal {
            SIGWINCH => self.follow_size(),
            SIGCONT => {
                if let Some(caller) = &self.caller {
                    caller.look_again();
                }
                self.follow_size();
            }
            SIGTSTP => {
                if let Some(caller) = &self.caller {
                    caller.give_back();
                }
                // It goes on below when SIGCONT comes.
                let _ = kill_process(getpid(), Signal::STOP);
            }
            signal if ENDING.contains(&signal) => {
                drop(self.caller.take());
                let _ = emulate_default_handler(signal);
            }
            // Interactive shells ignore it, yet whoever sends it wants an end.
            SIGTERM if self.inner.as_ref().is_some_and(|inner| inner.shell) => {
                child.signal(SIGHUP)?;
                // One that was about to read what is typed would sleep on.
                self.hang_up();
            }
            signal => child.signal(signal)?,
        }
        Ok(())
    }

    fn follow_size(&self) {
        if let Some(inner) = &self.inner {
            size::follow(&inner.master);
        }
    }

    /// Carries what the command has left; not what others write for as long as they like.
    fn carry_the_rest(&mut self, signals: &mut Signals) -> Result<(), Failure> {
        self.input = None;
        for number in 0..self.outputs.len() {
            let mut left = MOST_HELD;
            if let Some(source) = self.outputs.get(number).and_then(Channel::source) {
                left = left.max(ioctl_fionread(source).unwrap_or(0));
            }
            while let Some(channel) = self.outputs.get_mut(number) {
                if !channel.is_empty() {
                    if !wait_for_sink(channel, signals)? {
                        return Ok(());
                    }
                    if matches!(channel.flush().map_err(unwritten())?, Moved::End | Moved::HungUp) {
                        break;
                    }
                    continue;
                }
                if left == 0 {
                    break;
                }
                match channel.fill() {
                    Moved::Some(count) => left = left.saturating_sub(count as u64),
                    _ => break,
                }
            }
        }
        Ok(())
    }
}

fn unwritten() -> impl FnOnce(io::Error) -> Failure {
    Failure::system("cannot write what the command has written")
}

/// Whether it can be written to; a signal that ends the waiting is one that would end a command.
fn wait_for_sink(channel: &Channel, signals: &mut Signals) -> Result<bool, Failure> {
    let Some(sink) = channel.sink() else { return Ok(false) };
    loop {
        let mut watched = [
            PollFd::from_borrowed_fd(sink, PollFlags::OUT),
            PollFd::new(signals, PollFlags::IN),
        ];
        match poll(&mut watched, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(Failure::system("cannot wait for the output's reader")(errno.into())),
        }
        let is_ready = watched.first().is_some_and(|fd| !fd.revents().is_empty());
        if signals.take().any(|signal| !matches!(signal, SIGWINCH | SIGCONT)) {
            return Ok(false);
        }
        if is_ready {
            return Ok(true);
        }
    }
}
