//! A root directory that can't be written to.

use std::fs;

use furnace_core::{Container, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use crate::inside::{holds, sh};
use crate::mounted::Mounted;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("a_read_only_root_starts", &[Need::Root], starts),
        test(
            "a_read_only_root_with_a_resolv_conf_has_the_hosts",
            &[Need::Root, Need::File("/etc/resolv.conf")],
            shared,
        ),
        test("a_read_only_root_can_be_ephemeral", &[Need::Root], ephemeral),
        test(
            "a_bind_to_nowhere_in_a_read_only_root_is_told",
            &[Need::Root],
            bind_to_nowhere,
        ),
        test(
            "a_bind_to_something_in_a_read_only_root_works",
            &[Need::Root],
            bind_to_something,
        ),
    ]
}

fn read_only(root: &Root) -> Mounted {
    Mounted::over_itself(root).read_only()
}

fn starts() -> Outcome {
    let root = Root::small();
    let _mounted = read_only(&root);
    let container = Container::builder(&root).start()?;
    assert!(holds(&container, "test -c /dev/null && touch /run/x && ! touch /x")?);
    Ok(())
}

fn shared() -> Outcome {
    let root = Root::small();
    fs::write(root.join("etc/resolv.conf"), "")?;
    let _mounted = read_only(&root);
    let container = Container::builder(&root).start()?;
    assert_eq!(
        sh(&container, "cat /etc/resolv.conf")?,
        fs::read_to_string("/etc/resolv.conf")?.trim_end()
    );
    Ok(())
}

fn ephemeral() -> Outcome {
    let root = Root::small();
    let _mounted = read_only(&root);
    let container = Container::builder(&root).ephemeral(true).start()?;
    assert!(holds(&container, "touch /x && test -e /x")?);
    container.stop()?;
    assert!(!root.join("x").exists());
    Ok(())
}

fn bind_to_nowhere() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    let _mounted = read_only(&root);
    let error = Container::builder(&root)
        .bind(source.path(), "/not/there")
        .start()
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::ReadOnlyFilesystem, Phase::Start)
    );
    assert!(error.to_string().contains("/not/there"), "{error}");
    assert!(error.remedy().is_some());
    Ok(())
}

fn bind_to_something() -> Outcome {
    let (root, source) = (Root::small(), Scratch::new());
    fs::write(source.join("file"), "")?;
    let _mounted = read_only(&root);
    let container = Container::builder(&root).bind(source.path(), "/tmp").start()?;
    assert_eq!(sh(&container, "ls /tmp")?, "file");
    Ok(())
}
