//! Much through a terminal, and through none; and ends of it that come early.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::AsRawFd;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::at_terminal;
use crate::Case;
use crate::transcript::{PATIENCE, ends_in_time};

pub(super) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("setsid")];
    let all: [Case; 12] = [
        ("terminal_carries_more_than_any_buffer", much_output),
        ("terminal_carries_to_a_pipe_that_is_read_slowly", slow_reader),
        ("terminal_carries_what_is_typed", much_input),
        ("no_terminal_carries_more_than_any_buffer", much_output_apart),
        ("terminal_ends_with_its_command", background),
        ("no_terminal_ends_with_its_command", background_apart),
        ("terminal_has_an_end_of_input", end_of_input),
        ("terminal_has_an_end_of_input_for_each_reader", end_for_each),
        ("terminal_whose_output_nobody_reads_hangs_up", reader_goes),
        ("terminal_whose_output_has_no_room_fails", no_room),
        ("terminal_whose_output_nobody_reads_can_be_ended", nobody_reads),
        ("pipes_pass_every_byte_of_a_gibibyte", many_bytes),
    ];
    all.into_iter().map(|(name, body)| test(name, &needs, body)).collect()
}

const MUCH: usize = 10 << 20;

fn zeros() -> String {
    format!("head -c {MUCH} /dev/zero; echo end")
}

fn check_zeros(bytes: &[u8]) -> Outcome {
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    assert_eq!(zeros, MUCH);
    assert_eq!(&bytes[MUCH..], b"end\r\n");
    Ok(())
}

fn much_output() -> Outcome {
    let root = Root::small();
    let (status, shown, _) = at_terminal(typed!["run", root.path(), "sh", "-c", zeros()]).end();
    assert_eq!(status.code(), Some(0));
    check_zeros(&shown)
}

fn much_output_apart() -> Outcome {
    let root = Root::small();
    let (status, shown, _) = at_terminal(typed!["run", "-T", root.path(), "sh", "-c", zeros()]).end();
    assert_eq!(status.code(), Some(0));
    check_zeros(&shown)
}

fn slow_reader() -> Outcome {
    let root = Root::small();
    let mut command = typed!["run", "-t", root.path(), "sh", "-c", zeros()].into_command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut stdout = child.stdout.take().unwrap();
    let (mut all, mut bytes) = (Vec::new(), vec![0; 1 << 20]);
    loop {
        // It is full each time.
        thread::sleep(Duration::from_millis(1));
        match stdout.read(&mut bytes)? {
            0 => break,
            count => all.extend_from_slice(&bytes[..count]),
        }
    }
    assert_eq!(child.wait()?.code(), Some(0));
    check_zeros(&all)
}

/// As fast as it comes, to a reader that takes its time.
fn much_input() -> Outcome {
    let root = Root::small().with(&["stty"]);
    let script = format!("stty raw -echo; echo ready; sleep 0.5; head -c {} | wc -c", MUCH / 10);
    let mut session = at_terminal(typed!["run", root.path(), "sh", "-c", script]);
    session.expect("ready");
    session.enter("x".repeat(MUCH / 10));
    session.expect(&(MUCH / 10).to_string());
    let (status, ..) = session.end();
    assert_eq!(status.code(), Some(0));
    Ok(())
}

const BACKGROUND: [&str; 3] = [
    "sleep 1000 & echo done; exit 5",
    "trap '' HUP; sleep 1000 & echo done; exit 5",
    "trap '' HUP; (while :; do echo more; done) & echo done; exit 5",
];

fn background() -> Outcome {
    let root = Root::small();
    for script in BACKGROUND {
        let (status, shown, _) = at_terminal(typed!["run", root.path(), "sh", "-c", script]).end();
        assert_eq!(status.code(), Some(5), "{script}");
        let text = String::from_utf8_lossy(&shown);
        assert!(text.contains("done\r\n"), "{script}: {text}");
    }
    Ok(())
}

fn background_apart() -> Outcome {
    let root = Root::small();
    for script in BACKGROUND {
        let (status, shown, _) = at_terminal(typed!["run", "-T", root.path(), "sh", "-c", script]).end();
        assert_eq!(status.code(), Some(5), "{script}");
        let text = String::from_utf8_lossy(&shown);
        assert!(text.contains("done\r\n"), "{script}: {text}");
    }
    Ok(())
}

fn end_of_input() -> Outcome {
    let root = Root::small();
    for (input, shown) in [("", "0\r\n"), ("abc\n", "abc\r\n4\r\n"), ("abc", "abc3\r\n")] {
        typed!["run", "-t", root.path(), "wc", "-c"]
            .stdin(input)
            .stdout(shown)
            .check()?;
    }
    typed!["run", "-t", root.path(), "wc", "-c"]
        .by_shell("exec \"$@\" <&-")
        .stdout("0\r\n")
        .check()
}

fn end_for_each() -> Outcome {
    let root = Root::small();
    let script = "cat > /dev/null; cat > /dev/null; sleep 1; cat > /dev/null; echo end";
    typed!["run", "-t", root.path(), "sh", "-c", script]
        .stdin("typed\n")
        .stdout("typed\r\nend\r\n")
        .check()
}

fn reader_goes() -> Outcome {
    let root = Root::small();
    let mut command = typed!["run", "-t", root.path(), "sh", "-c", "while echo y; do :; done"].into_command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line)?;
    assert_eq!(line, "y\r\n");
    assert_eq!(child.wait()?.code(), Some(128 + 1));
    Ok(())
}

fn no_room() -> Outcome {
    let root = Root::small();
    typed!["run", "-t", root.path(), "sh", "-c", "echo lost; sleep 1000"]
        .by_shell("exec \"$@\" >/dev/full")
        .complains(125, &["cannot write what the command has written", "No space left"])
        .check()
}

/// By one signal, as timeout(1) sends it.
fn nobody_reads() -> Outcome {
    let root = Root::small();
    let mut command = typed!["run", "-t", root.path(), "sh", "-c", "while echo y; do :; done"].into_command();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().unwrap();
    let end = std::fs::File::options()
        .write(true)
        .open(format!("/proc/self/fd/{}", stdout.as_raw_fd()))?;
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let begun = Instant::now();
    while poll(&mut [PollFd::new(&end, PollFlags::OUT)], Some(&now))? > 0 {
        assert!(begun.elapsed() < PATIENCE, "it is never full");
        thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::TERM)?;
    assert!(ends_in_time(&child), "it waits for a reader");
    assert_eq!(child.wait()?.code(), Some(128 + 15));
    Ok(())
}

/// More than any pipe, cache or counter of 16 bits holds: each block another, and none kept.
fn many_bytes() -> Outcome {
    const BLOCK: usize = 1 << 20;
    const BLOCKS: usize = 1024;
    let root = Root::small();
    let mut command = typed!["run", root.path(), "cat"].into_command();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let noise = std::sync::Arc::new(noise(2 * BLOCK));
    let block = |number: usize| number * 1021..number * 1021 + BLOCK;
    let written = std::sync::Arc::clone(&noise);
    let writer = thread::spawn(move || (0..BLOCKS).all(|number| stdin.write_all(&written[block(number)]).is_ok()));
    let mut read = vec![0; BLOCK];
    for number in 0..BLOCKS {
        stdout.read_exact(&mut read)?;
        assert!(read == noise[block(number)], "block {number} has changed");
    }
    assert_eq!(stdout.read(&mut read)?, 0);
    assert!(writer.join().unwrap());
    assert_eq!(child.wait()?.code(), Some(0));
    Ok(())
}

/// Bytes of every value, in no order.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(count).collect()
}
