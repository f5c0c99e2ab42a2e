//! A container with a network of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use furnace_core::Container;
use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;

use crate::inside::{sh, system};
use crate::{parts, tree};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("loopback_is_up_and_alone", &[Need::Root], loopback_is_up),
        test("loopback_carries_traffic", &[Need::Root], loopback_carries),
        test(
            "an_isolated_container_changes_no_file_of_the_root",
            &[Need::Root],
            root_is_unchanged,
        ),
    ]
}

fn loopback_is_up() -> Outcome {
    let container = system().isolate_network(true).start()?;
    assert_eq!(sh(&container, "ls /sys/class/net")?, "lo");
    // IFF_UP and IFF_LOOPBACK of netdevice(7).
    assert_eq!(sh(&container, "cat /sys/class/net/lo/flags")?, "0x9");
    Ok(())
}

fn loopback_carries() -> Outcome {
    let mut builder = system();
    builder
        .isolate_network(true)
        .bind_ro(std::env::current_exe()?, "/run/test");
    // /run is mounted noexec, which what is bound there is not.
    let container = builder.start()?;
    let output = parts::command_inside(&container, "/run/test", "loopback").output()?;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n", "{output:?}");
    Ok(())
}

/// Talks to itself.
pub(crate) fn loopback() -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, _) = listener.accept()?;
    client.write_all(b"hello")?;
    drop(client);
    let mut heard = String::new();
    server.read_to_string(&mut heard)?;
    parts::say(&heard)
}

fn root_is_unchanged() -> Outcome {
    let root = Root::small();
    let before = tree::snapshot(root.path());
    let container = Container::builder(&root).isolate_network(true).start()?;
    container.command("true").status()?;
    container.stop()?;
    assert_eq!(tree::snapshot(root.path()), before);
    Ok(())
}
