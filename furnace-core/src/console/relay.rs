//! Everything that happens while a command runs: it writes, somebody types, signals come, it ends.

use std::os::fd::OwnedFd;
use std::process::ExitStatus;
use std::sync::Arc;

use furnace_sys::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{ioctl_fionread, retry_on_intr};

use super::caller::Caller;
use super::channel::{Channel, Moved};
use super::end_of_input::EndOfInput;
use super::failed;
use super::inner::peer;
use super::signals::{Event, Signals};
use super::size::Size;
use super::streams::Streams;
use crate::child::Child;
use crate::error::{Error, Result};

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGQUIT: i32 = 3;
const SIGTERM: i32 = 15;
const SIGCONT: i32 = 18;
const SIGSTOP: i32 = 19;

/// After how long to look for what no event tells: that this process is in the foreground again, or that somebody reads
/// where the end of the input was read before.
const LOOK_AGAIN: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 500_000_000,
};

/// The same for the size of the window, where no signal tells.
const LOOK_AT_WINDOW: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};

/// How long to wait for somebody to read what a command has left that was told to end.
const PATIENCE: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };

/// Terminals hold less, and so do pipes that nobody made larger.
const MOST_HELD: u64 = 64 << 10;

/// The two ends of the container's terminal, and what it follows.
#[derive(Debug)]
pub(super) struct Ends<'fd> {
    pub(super) master: Arc<OwnedFd>,
    /// Held, so that the terminal does not end when a command closes it and opens it again.
    pub(super) peer: OwnedFd,
    pub(super) streams: Streams<'fd>,
    pub(super) size: Size,
    pub(super) shell: bool,
}

/// Carries, until a command has ended.
#[derive(Debug)]
pub(super) struct Relay<'fd> {
    caller: Option<Caller>,
    inner: Option<Ends<'fd>>,
    input: Option<Channel>,
    /// What follows the input on a terminal.
    end: Option<EndOfInput>,
    outputs: Vec<Channel>,
    /// Somebody wants the command to end.
    is_to_end: bool,
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

impl<'fd> Relay<'fd> {
    pub(super) fn new(
        caller: Option<Caller>,
        inner: Option<Ends<'fd>>,
        input: Option<Channel>,
        outputs: Vec<Channel>,
    ) -> Self {
        Self {
            caller,
            inner,
            input,
            end: None,
            outputs,
            is_to_end: false,
        }
    }

    /// Until the command has ended, and what it has written is carried.
    pub(super) fn run(mut self, child: &mut Child, mut signals: Option<&mut dyn Signals>) -> Result<ExitStatus> {
        loop {
            self.wait_and_carry(child, signals.as_deref())?;
            match &mut signals {
                Some(signals) => {
                    while let Some(event) = signals.take() {
                        self.answer(event, child, *signals)?;
                    }
                }
                None => self.look(),
            }
            self.end_input();
            if let Some(status) = child.try_wait()? {
                self.carry_the_rest(signals)?;
                return Ok(status);
            }
        }
    }

    /// Waits for anything, and carries what can be.
    fn wait_and_carry(&mut self, child: &Child, signals: Option<&dyn Signals>) -> Result<()> {
        let may_read = self.may_read();
        let mut watched = vec![PollFd::new(child, PollFlags::IN)];
        watched.extend(signals.map(|signals| PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN)));
        let others = watched.len();
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
        let limit = match signals {
            None if self.inner.is_some() => Some(&LOOK_AT_WINDOW),
            _ => (!may_read || self.end.is_some()).then_some(&LOOK_AGAIN),
        };
        retry_on_intr(|| poll(&mut watched, limit)).map_err(failed("cannot wait for the command"))?;
        let ready: Vec<_> = watched
            .iter()
            .skip(others)
            .map(|end| !end.revents().is_empty())
            .collect();
        drop(watched);
        for ((which, direction), ready) in ends.into_iter().zip(ready) {
            if ready {
                self.carry(which, direction, child)?;
            }
        }
        Ok(())
    }

    /// Sees what no event tells, where none comes.
    fn look(&mut self) {
        if let Some(inner) = &mut self.inner {
            inner.size.follow_a_change(&inner.streams, &inner.master);
            if let Some(caller) = &self.caller {
                caller.look_whether_raw();
            }
        }
    }

    /// Whether what is typed is for this process. In the background, the shell that put it there has the terminal.
    fn may_read(&self) -> bool {
        match (&self.caller, &self.inner) {
            (Some(caller), Some(_)) => caller.take_over(),
            (Some(caller), None) => caller.in_foreground(),
            (None, _) => true,
        }
    }

    fn carry(&mut self, which: Which, direction: Direction, child: &Child) -> Result<()> {
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
            Moved::HungUp if self.inner.is_none() => {
                // Else it would learn it from its pipes, and end as if its reader had.
                child.signal_group(SIGHUP)?;
                self.hang_up();
            }
            Moved::HungUp if is_callers => self.hang_up(),
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

    fn answer(&mut self, event: Event, child: &Child, signals: &mut dyn Signals) -> Result<()> {
        self.is_to_end |= matches!(event, Event::PassOn(SIGHUP | SIGINT | SIGQUIT | SIGTERM));
        match event {
            Event::Resized => self.follow_size(),
            Event::Resumed => {
                if let Some(caller) = &self.caller {
                    caller.look_again();
                }
                self.follow_size();
            }
            // On a terminal the key is the command's own affair. Without one it would go on, and nobody would carry.
            Event::Suspend if self.inner.is_none() => {
                child.signal_group(SIGSTOP)?;
                yield_to(event, self.caller.as_ref(), signals);
                child.signal_group(SIGCONT)?;
            }
            Event::Suspend | Event::End(_) => yield_to(event, self.caller.as_ref(), signals),
            // Interactive shells ignore the one, and whoever sends either wants an end.
            Event::PassOn(SIGTERM | SIGHUP) if self.inner.as_ref().is_some_and(|inner| inner.shell) => {
                child.signal(SIGHUP)?;
                // One that was about to read what is typed would sleep on.
                self.hang_up();
            }
            // A terminal sends these to all that is in the foreground, so they are meant for all that the command has begun.
            Event::PassOn(signal @ (SIGINT | SIGQUIT | SIGHUP)) => child.signal_group(signal)?,
            Event::PassOn(signal) => child.signal(signal)?,
        }
        Ok(())
    }

    fn follow_size(&mut self) {
        if let Some(inner) = &mut self.inner {
            inner.size.follow(&inner.streams, &inner.master);
        }
    }

    /// Carries what the command has left; not what others write for as long as they like.
    fn carry_the_rest(&mut self, mut signals: Option<&mut dyn Signals>) -> Result<()> {
        self.input = None;
        for number in 0..self.outputs.len() {
            let mut left = MOST_HELD;
            if let Some(source) = self.outputs.get(number).and_then(Channel::source) {
                left = left.max(ioctl_fionread(source).unwrap_or(0));
            }
            while let Some(channel) = self.outputs.get_mut(number) {
                if !channel.is_empty() {
                    let limit = self.is_to_end.then_some(&PATIENCE);
                    if !wait_for_sink(channel, limit, self.caller.as_ref(), signals.as_deref_mut())? {
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

fn unwritten() -> impl FnOnce(Errno) -> Error {
    failed("cannot write what the command has written")
}

/// Lets a signal do what it would, with the caller's terminal as it was found.
fn yield_to(event: Event, caller: Option<&Caller>, signals: &mut dyn Signals) {
    if let Some(caller) = caller {
        caller.give_back();
    }
    signals.yielded(event);
}

/// Whether it can be written to. The waiting ends with a limit, or a signal that would be passed on to a command.
fn wait_for_sink(
    channel: &Channel,
    limit: Option<&Timespec>,
    caller: Option<&Caller>,
    mut signals: Option<&mut (dyn Signals + '_)>,
) -> Result<bool> {
    let Some(sink) = channel.sink() else { return Ok(false) };
    loop {
        let mut watched = vec![PollFd::from_borrowed_fd(sink, PollFlags::OUT)];
        let descriptor = signals.as_deref().map(|signals| signals.as_fd());
        watched.extend(descriptor.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        let count =
            retry_on_intr(|| poll(&mut watched, limit)).map_err(failed("cannot wait for the output's reader"))?;
        if count == 0 {
            return Ok(false);
        }
        let is_ready = watched.first().is_some_and(|fd| !fd.revents().is_empty());
        drop(watched);
        if let Some(signals) = &mut signals {
            while let Some(event) = signals.take() {
                match event {
                    Event::Resized | Event::Resumed => {}
                    Event::Suspend | Event::End(_) => yield_to(event, caller, *signals),
                    Event::PassOn(_) => return Ok(false),
                }
            }
        }
        if is_ready {
            return Ok(true);
        }
    }
}
