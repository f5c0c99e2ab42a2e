//! The plan of a fork server that joins a container instead of making one.

use std::ffi::CString;

use furnace_sys::flags::Namespaces;
use furnace_sys::plan::Plan;
use furnace_sys::wire::{Origin, Step};

use super::parts::open_directory;
use super::writer::Writer;

/// What is to be joined, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Joined {
    /// Of the process that is joined.
    pub(crate) pid: u32,
    /// Those of its namespaces that are not the caller's, but for the pid namespace.
    pub(crate) namespaces: Namespaces,
    /// Whether its pid namespace is not the caller's; that is joined with each command.
    pub(crate) has_own_pids: bool,
    /// Whom commands are to begin as, where the caller's ids mean nothing.
    pub(crate) user: Option<User>,
    pub(crate) own_session: bool,
}

/// Somebody in a user namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Whether supplementary groups can be dropped there.
    pub(crate) may_drop_groups: bool,
}

/// The steps that lead to where that process is.
pub(crate) fn join(joined: &Joined) -> Plan {
    let mut writer = Writer::default();
    if joined.own_session {
        writer.step(Step::LeaveSession {});
    }
    // It may have changed it: the root of its mount namespace is not all there is to it.
    let path = CString::new(format!("/proc/{}/root", joined.pid)).unwrap_or_default();
    let root = open_directory(&mut writer, &path);
    if !joined.namespaces.is_empty() {
        let namespaces = joined.namespaces.bits();
        writer.step(Step::JoinNamespaces { namespaces });
    }
    writer.step(Step::EnterDirectory { directory: root });
    writer.step(Step::ChangeRoot {});
    if let Some(user) = joined.user {
        if user.may_drop_groups {
            writer.step(Step::DropGroups {});
        }
        let User { uid, gid, .. } = user;
        writer.step(Step::BecomeUser { uid, gid });
    }
    writer.finish_joining(if joined.has_own_pids {
        Origin::Joined
    } else {
        Origin::Beside
    })
}

#[cfg(test)]
mod tests {
    use furnace_sys::flags::Namespaces;
    use furnace_sys::wire::Origin;

    use super::{Joined, User, join};
    use crate::plan::explain::explain;

    fn sentences(joined: &Joined) -> Vec<String> {
        let plan = join(joined);
        assert_eq!(plan.origin == Origin::Joined, joined.has_own_pids);
        (0..plan.steps.len())
            .map(|index| explain(&plan, index).expect("there is such a step"))
            .collect()
    }

    #[test]
    fn only_what_differs_is_joined() {
        let joined = Joined {
            pid: 7,
            namespaces: Namespaces::MOUNT | Namespaces::UTS,
            has_own_pids: true,
            user: None,
            own_session: false,
        };
        assert_eq!(
            sentences(&joined),
            [
                "open /proc/7/root",
                "join the mount, uts namespaces",
                "enter /proc/7/root",
                "make the working directory the root directory",
            ]
        );
    }

    #[test]
    fn ids_are_taken_where_they_mean_something() {
        let joined = Joined {
            pid: 7,
            namespaces: Namespaces::USER,
            has_own_pids: false,
            user: Some(User {
                uid: 0,
                gid: 5,
                may_drop_groups: true,
            }),
            own_session: true,
        };
        let said = sentences(&joined);
        assert_eq!(said[0], "leave the caller's session, and with it the caller's terminal");
        assert_eq!(said[2], "join the user namespaces");
        assert_eq!(
            said[5..],
            ["drop all supplementary groups", "become user 0 and group 5"]
        );
    }
}
