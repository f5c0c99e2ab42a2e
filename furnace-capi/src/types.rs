//! The types of `<sys/types.h>`, as they are on Linux.

/// The id of a process, or of a process group.
pub type pid_t = i32;

/// The id of a user.
pub type uid_t = u32;

/// The id of a group.
pub type gid_t = u32;

/// Permissions of a file.
pub type mode_t = u32;
