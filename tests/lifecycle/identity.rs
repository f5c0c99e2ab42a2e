//! The user and the groups of a command.

use furnace_core::{Command, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, test};
use libtest_mimic::{Failed, Trial};

use crate::inside::system;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("umask_is_set_for_one_command", &[Need::Root], umask),
        test("identity_is_the_callers", &[Need::Root], callers),
        test("uid_drops_groups_and_capabilities", &[Need::Root], uid),
        test("gid_alone_keeps_the_user", &[Need::Root], gid),
        test("groups_are_exact", &[Need::Root], groups),
        test("as_many_groups_as_the_kernel_takes", &[Need::Root], many_groups),
        test("ids_that_are_none_are_refused", &[Need::Root], no_ids),
    ]
}

/// Lines of `/proc/self/status`, by name.
fn fields<const N: usize>(command: &mut Command, names: [&str; N]) -> Result<[String; N], Failed> {
    let output = command.arg("/proc/self/status").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let field = |name: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    Ok(names.map(field))
}

fn callers() -> Outcome {
    let container = system().start()?;
    let [uid, gid, groups] = fields(&mut container.command("cat"), ["Uid", "Gid", "Groups"])?;
    let own = std::fs::read_to_string("/proc/self/status")?;
    let own_groups = own.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap();
    assert_eq!([uid.as_str(), &gid], ["0 0 0 0", "0 0 0 0"]);
    assert_eq!(groups, own_groups.split_whitespace().collect::<Vec<_>>().join(" "));
    Ok(())
}

fn uid() -> Outcome {
    let container = system().start()?;
    let found = fields(
        container.command("cat").uid(1234).gid(2345),
        ["Uid", "Gid", "Groups", "CapEff", "CapPrm", "CapAmb"],
    )?;
    let none = "0000000000000000";
    assert_eq!(
        found,
        ["1234 1234 1234 1234", "2345 2345 2345 2345", "", none, none, none]
    );
    Ok(())
}

fn gid() -> Outcome {
    let container = system().start()?;
    let [uid, gid] = fields(container.command("cat").gid(77), ["Uid", "Gid"])?;
    assert_eq!([uid.as_str(), &gid], ["0 0 0 0", "77 77 77 77"]);
    Ok(())
}

fn groups() -> Outcome {
    let container = system().start()?;
    let mut command = container.command("cat");
    command.uid(1000).gid(1000).groups(&[30, 10, 20]);
    assert_eq!(fields(&mut command, ["Groups"])?, ["10 20 30"]);
    let mut command = container.command("cat");
    assert_eq!(fields(command.groups(&[5]), ["Uid", "Groups"])?, ["0 0 0 0", "5"]);
    let mut command = container.command("cat");
    assert_eq!(fields(command.groups(&[]), ["Groups"])?, [""]);
    Ok(())
}

fn many_groups() -> Outcome {
    let container = system().start()?;
    let most: Vec<u32> = (1..=65536).collect();
    let [found] = fields(container.command("cat").groups(&most), ["Groups"])?;
    assert_eq!(found.split(' ').count(), 65536);
    let more: Vec<u32> = (1..=65537).collect();
    let error = container.command("true").groups(&more).status().unwrap_err();
    assert_eq!(error.phase(), Phase::Spawn);
    assert!(error.to_string().contains("groups"), "{error}");
    Ok(())
}

fn no_ids() -> Outcome {
    let container = system().start()?;
    for command in [
        container.command("true").uid(u32::MAX),
        container.command("true").gid(u32::MAX),
    ] {
        let error = command.status().unwrap_err();
        assert_eq!(
            (error.kind(), error.phase()),
            (ErrorKind::InvalidInput, Phase::Configure)
        );
    }
    Ok(())
}

fn umask() -> Outcome {
    let container = system().start()?;
    let of = |mask: Option<u32>| {
        let mut command = container.command("sh");
        command.args(["-c", "umask"]);
        if let Some(mask) = mask {
            command.umask(mask);
        }
        Ok::<_, furnace_core::Error>(String::from_utf8_lossy(&command.output()?.stdout).into_owned())
    };
    let before = of(None)?;
    assert_eq!(of(Some(0o27))?, "0027\n");
    assert_eq!(of(Some(u32::MAX))?, "0777\n");
    assert_eq!(of(None)?, before);
    Ok(())
}
