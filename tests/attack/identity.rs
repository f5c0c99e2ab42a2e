//! Who a command is: exactly who was asked for.

use furnace_core::{ErrorKind, Phase};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::Trial;

use crate::attackers::{builder, root_with};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("groups_exact", &[Need::Root], groups_exact),
        test("no_id_that_is_none", &[Need::Root], no_id_that_is_none),
    ]
}

const OWN: (&str, &str) = ("own", include_str!("programs/own.c"));

fn groups_exact() -> Outcome {
    let root = root_with(&[OWN]);
    let container = builder(&root).start()?;
    type Asked<'a> = (Option<u32>, Option<u32>, Option<&'a [u32]>);
    let cases: [(Asked<'_>, [&str; 3]); 5] = [
        ((Some(1000), Some(1001), Some(&[5, 7])), ["1000", "1001", "5 7"]),
        // Nothing of the caller's stays with another user.
        ((Some(1000), Some(1001), None), ["1000", "1001", ""]),
        ((Some(1000), None, None), ["1000", "0", ""]),
        ((None, None, Some(&[])), ["0", "0", ""]),
        ((None, Some(9), Some(&[0xffff_fffe, 3])), ["0", "9", "3 4294967294"]),
    ];
    for ((uid, gid, groups), [its_uid, its_gid, its_groups]) in cases {
        let mut command = container.command("/bin/own");
        uid.map(|uid| command.uid(uid));
        gid.map(|gid| command.gid(gid));
        groups.map(|groups| command.groups(groups));
        let said = String::from_utf8(command.output()?.stdout).unwrap();
        let field = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        // Real, effective, saved, and that of file systems.
        assert_eq!(field("Uid:"), [its_uid; 4]);
        assert_eq!(field("Gid:"), [its_gid; 4]);
        assert_eq!(field("Groups:").join(" "), its_groups);
    }
    Ok(())
}

/// -1 means "leave as it is" to the kernel, which here is root.
fn no_id_that_is_none() -> Outcome {
    let root = root_with(&[]);
    let container = builder(&root).start()?;
    for change in [
        |command: &mut furnace_core::Command| {
            command.uid(u32::MAX);
        },
        |command: &mut furnace_core::Command| {
            command.gid(u32::MAX);
        },
        |command: &mut furnace_core::Command| {
            command.uid(7).groups(&[1, u32::MAX]);
        },
        |command: &mut furnace_core::Command| {
            command.groups(&vec![1; 65537]);
        },
    ] {
        let mut command = container.command("/bin/true");
        change(&mut command);
        let Err(error) = command.status() else {
            return Err("it ran".into());
        };
        assert!(matches!(error.phase(), Phase::Configure | Phase::Spawn), "{error}");
        assert!(
            matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Other),
            "{error}"
        );
    }
    Ok(())
}
