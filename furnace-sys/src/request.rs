//! What a command is to be, as it travels to the fork server.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::io::Errno;

use crate::plan::write_all;
use crate::wire::{ABSENT, INLINE_BODY_MAX, NO_STRING, RequestHeader};

/// What a command is to be.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The programs to try, in this order, as the container sees them.
    pub programs: Vec<CString>,
    /// The arguments, the name of the program first.
    pub arguments: Vec<CString>,
    /// The environment, as `NAME=value`.
    pub environment: Vec<CString>,
    /// The working directory, if it is not to be the root.
    pub directory: Option<CString>,
    /// The supplementary groups to have, if they are to change.
    pub groups: Option<Vec<u32>>,
    /// The group id to take.
    pub gid: Option<u32>,
    /// The user id to take.
    pub uid: Option<u32>,
    /// The process group to join, 0 for a new one.
    pub process_group: Option<u32>,
    /// Whether it is to lead a new session.
    pub new_session: bool,
    /// The number of the descriptor whose terminal is to control the session.
    pub controlling_terminal: Option<u32>,
    /// The file mode creation mask to have, if it is to change.
    pub umask: Option<u32>,
    /// The signals to ignore, as a set with the lowest bit for signal 1.
    pub ignored_signals: u64,
    /// The signals to have their default action again, as such a set.
    pub default_signals: u64,
    /// The numbers at which the descriptors that travel along are to be, in their order; no number twice.
    pub numbers: Vec<i32>,
}

/// A request as it is sent.
pub(crate) struct Encoded {
    pub(crate) message: Vec<u8>,
    /// The body, when it is too long for a message.
    pub(crate) memfd: Option<OwnedFd>,
}

impl Request {
    /// `E2BIG` for what no message can say.
    pub(crate) fn encode(&self) -> Result<Encoded, Errno> {
        let lists = [&self.programs, &self.arguments, &self.environment];
        let pointer_count = lists.iter().map(|list| list.len() + 1).sum::<usize>();
        let words = self.numbers.len() * 2 + self.groups.as_ref().map_or(0, Vec::len);
        let pointers = words.next_multiple_of(2) * 4;
        let mut strings_end = pointers + pointer_count * 8;
        let mut table = Vec::with_capacity(pointer_count);
        for list in lists {
            for string in list {
                table.push(strings_end as u64);
                strings_end += string.as_bytes_with_nul().len();
            }
            table.push(NO_STRING);
        }
        let directory = match &self.directory {
            None => ABSENT,
            Some(_) => word(strings_end)?,
        };
        strings_end += self.directory.as_ref().map_or(0, |path| path.as_bytes_with_nul().len());
        // The other side wants to see that every string ends; a body of no strings at all ends with this.
        let length = strings_end + 1;

        let header = RequestHeader {
            body: word(length)?,
            body_in_memfd: u32::from(length > INLINE_BODY_MAX),
            pointers: word(pointers)?,
            pointer_count: word(pointer_count)?,
            arguments: word(self.programs.len() + 1)?,
            environment: word(self.programs.len() + self.arguments.len() + 2)?,
            descriptors: word(self.numbers.len())?,
            groups: self.groups.as_ref().map_or(Ok(ABSENT), |groups| word(groups.len()))?,
            gid: self.gid.unwrap_or(ABSENT),
            uid: self.uid.unwrap_or(ABSENT),
            directory,
            process_group: self.process_group.unwrap_or(ABSENT),
            new_session: self.new_session.into(),
            controlling_terminal: self.controlling_terminal.unwrap_or(ABSENT),
            umask: self.umask.unwrap_or(ABSENT),
            ignored_signals: low_word(self.ignored_signals),
            ignored_signals_high: low_word(self.ignored_signals >> 32),
            default_signals: low_word(self.default_signals),
            default_signals_high: low_word(self.default_signals >> 32),
        };

        let mut message = Vec::with_capacity(RequestHeader::BYTES + length);
        message.extend(header.encode().into_iter().flat_map(u32::to_ne_bytes));
        for number in &self.numbers {
            message.extend(number.to_ne_bytes());
            message.extend([0; 4]);
        }
        message.extend(self.groups.iter().flatten().flat_map(|group| group.to_ne_bytes()));
        message.resize(RequestHeader::BYTES + pointers, 0);
        message.extend(table.into_iter().flat_map(u64::to_ne_bytes));
        for string in lists.into_iter().flatten().chain(&self.directory) {
            message.extend_from_slice(string.as_bytes_with_nul());
        }
        message.push(0);

        if header.body_in_memfd == 0 {
            return Ok(Encoded { message, memfd: None });
        }
        let memfd = memfd_create(c"furnace-request", MemfdFlags::CLOEXEC)?;
        write_all(memfd.as_fd(), &message[RequestHeader::BYTES..])?;
        message.truncate(RequestHeader::BYTES);
        Ok(Encoded {
            message,
            memfd: Some(memfd),
        })
    }
}

fn low_word(value: u64) -> u32 {
    u32::try_from(value & u64::from(u32::MAX)).unwrap_or(0)
}

fn word(value: usize) -> Result<u32, Errno> {
    u32::try_from(value)
        .ok()
        .filter(|word| *word != ABSENT)
        .ok_or(Errno::TOOBIG)
}
