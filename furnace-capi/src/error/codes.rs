//! The kinds and phases of errors, as numbers that never change.

use std::ffi::c_int;

use furnace_core::{ErrorKind, Phase};

/// An argument makes no sense. -EINVAL; -EBADF for what is no descriptor.
pub const FURNACE_ERROR_INVALID_INPUT: c_int = 1;

/// A file, a directory, a program or a name is not there. -ENOENT; -ENODATA where a container has no layer of changes.
pub const FURNACE_ERROR_NOT_FOUND: c_int = 2;

/// The caller may not (-EPERM, -EACCES), or the program is not executable (-EACCES).
pub const FURNACE_ERROR_PERMISSION_DENIED: c_int = 3;

/// A component of a path is no directory. -ENOTDIR.
pub const FURNACE_ERROR_NOT_A_DIRECTORY: c_int = 4;

/// Arguments and environment are more than the kernel takes. -E2BIG.
pub const FURNACE_ERROR_ARGUMENT_LIST_TOO_LONG: c_int = 5;

/// The program is there, but nothing that this kernel can execute. -ENOEXEC.
pub const FURNACE_ERROR_NOT_EXECUTABLE: c_int = 6;

/// This kernel, or its configuration, lacks what is needed. -EOPNOTSUPP, or what the kernel says (-ENOSYS, -ENODEV).
pub const FURNACE_ERROR_UNSUPPORTED: c_int = 7;

/// The file system can't be written to. -EROFS.
pub const FURNACE_ERROR_READ_ONLY_FILESYSTEM: c_int = 8;

/// A limit is reached: descriptors, processes, memory, space. What the kernel says (-EMFILE, -EAGAIN, -ENOSPC and
/// others), or -ENOMEM.
pub const FURNACE_ERROR_RESOURCE_EXHAUSTED: c_int = 9;

/// Something of that name is there already. -EEXIST.
pub const FURNACE_ERROR_ALREADY_EXISTS: c_int = 10;

/// Somebody else uses it at this moment. -EBUSY.
pub const FURNACE_ERROR_RESOURCE_BUSY: c_int = 11;

/// The container has ended. -ESRCH.
pub const FURNACE_ERROR_ENDED: c_int = 12;

/// It took longer than its limit. -ETIMEDOUT.
pub const FURNACE_ERROR_TIMED_OUT: c_int = 13;

/// The command has ended, but somebody else took its status. -ECHILD.
pub const FURNACE_ERROR_STATUS_LOST: c_int = 14;

/// The library has a mistake. -ENOTRECOVERABLE. The handles that were given to the function should only be freed.
pub const FURNACE_ERROR_INTERNAL: c_int = 15;

/// Anything else: see furnace_error_errno(), which is -EIO where the kernel said nothing. Kinds that come later are
/// new numbers for what was this one before.
pub const FURNACE_ERROR_OTHER: c_int = 16;

/// What was asked for makes no sense, or is not there; nothing has been started.
pub const FURNACE_PHASE_CONFIGURE: c_int = 1;

/// Making the container; nothing of it is left.
pub const FURNACE_PHASE_START: c_int = 2;

/// Making a process for a command.
pub const FURNACE_PHASE_SPAWN: c_int = 3;

/// Executing the program: it was not found, or the kernel would not.
pub const FURNACE_PHASE_EXECUTE: c_int = 4;

/// Waiting for a command, or signalling it; looking at what a container has.
pub const FURNACE_PHASE_WAIT: c_int = 5;

/// Stopping the container.
pub const FURNACE_PHASE_STOP: c_int = 6;

/// Giving a container a name under which it lives on.
pub const FURNACE_PHASE_DETACH: c_int = 7;

/// Finding or joining a container that runs already.
pub const FURNACE_PHASE_ATTACH: c_int = 8;

/// Mounting on the host, where nothing of it is left, or into a running container.
pub const FURNACE_PHASE_MOUNT: c_int = 9;

/// Unmounting on the host, or in a running container.
pub const FURNACE_PHASE_UNMOUNT: c_int = 10;

/// Comparing what an overlay shows with its lower tree.
pub const FURNACE_PHASE_COMPARE: c_int = 11;

/// One that has no number yet.
pub const FURNACE_PHASE_OTHER: c_int = 12;

/// Carrying what passes between the caller's streams and a command.
pub const FURNACE_PHASE_CARRY: c_int = 13;

pub(super) fn code_of(kind: ErrorKind) -> c_int {
    match kind {
        ErrorKind::InvalidInput => FURNACE_ERROR_INVALID_INPUT,
        ErrorKind::NotFound => FURNACE_ERROR_NOT_FOUND,
        ErrorKind::PermissionDenied => FURNACE_ERROR_PERMISSION_DENIED,
        ErrorKind::NotADirectory => FURNACE_ERROR_NOT_A_DIRECTORY,
        ErrorKind::ArgumentListTooLong => FURNACE_ERROR_ARGUMENT_LIST_TOO_LONG,
        ErrorKind::NotExecutable => FURNACE_ERROR_NOT_EXECUTABLE,
        ErrorKind::Unsupported => FURNACE_ERROR_UNSUPPORTED,
        ErrorKind::ReadOnlyFilesystem => FURNACE_ERROR_READ_ONLY_FILESYSTEM,
        ErrorKind::ResourceExhausted => FURNACE_ERROR_RESOURCE_EXHAUSTED,
        ErrorKind::AlreadyExists => FURNACE_ERROR_ALREADY_EXISTS,
        ErrorKind::ResourceBusy => FURNACE_ERROR_RESOURCE_BUSY,
        ErrorKind::Ended => FURNACE_ERROR_ENDED,
        ErrorKind::TimedOut => FURNACE_ERROR_TIMED_OUT,
        ErrorKind::StatusLost => FURNACE_ERROR_STATUS_LOST,
        // `Other`, and what is not there yet.
        _ => FURNACE_ERROR_OTHER,
    }
}

pub(super) fn phase_of(phase: Phase) -> c_int {
    match phase {
        Phase::Configure => FURNACE_PHASE_CONFIGURE,
        Phase::Start => FURNACE_PHASE_START,
        Phase::Spawn => FURNACE_PHASE_SPAWN,
        Phase::Execute => FURNACE_PHASE_EXECUTE,
        Phase::Wait => FURNACE_PHASE_WAIT,
        Phase::Stop => FURNACE_PHASE_STOP,
        Phase::Detach => FURNACE_PHASE_DETACH,
        Phase::Attach => FURNACE_PHASE_ATTACH,
        Phase::Mount => FURNACE_PHASE_MOUNT,
        Phase::Unmount => FURNACE_PHASE_UNMOUNT,
        Phase::Compare => FURNACE_PHASE_COMPARE,
        Phase::Carry => FURNACE_PHASE_CARRY,
        // What is not there yet.
        _ => FURNACE_PHASE_OTHER,
    }
}
