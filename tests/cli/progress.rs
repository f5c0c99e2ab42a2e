//! A line about what takes long, on a terminal: there while it does, and gone without a trace.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use furnace_tests::{Need, Outcome, Root, Scratch, Session, Window, test};
use libtest_mimic::Trial;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;

use crate::named::names::Names;

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("setsid")];
    vec![
        test("progress_is_shown_on_a_terminal_and_erased", &needs, shown),
        test("progress_makes_way_for_a_warning", &needs, warning),
        test("progress_is_cut_to_the_terminal", &needs, narrow),
        test("progress_of_waiting_for_a_container", &needs, waiting),
        test("progress_of_a_list_of_changes", &needs, listing),
        test("progress_is_nowhere_else", &needs, elsewhere),
        test("progress_line_does_not_keep_a_start_from_ending", &needs, interrupted),
    ]
}

const LINE: &str = "furnace: waiting for systemd-tmpfiles in the container ...";

/// A root whose start takes until its gate is opened.
struct Slow {
    root: Root,
}

impl Slow {
    fn new(then: &str) -> Self {
        let root = Root::small();
        let program = root.join("bin/systemd-tmpfiles");
        fs::write(&program, format!("#!/bin/sh\nread word </gate\n{then}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        mknodat(CWD, root.join("gate"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        Self { root }
    }

    fn path(&self) -> &Path {
        self.root.path()
    }

    fn gate(&self) -> PathBuf {
        self.root.join("gate")
    }

    /// Lets it go on.
    fn open(&self) {
        fs::write(self.gate(), "go\n").unwrap();
    }
}

fn start(mut command: Command, window: Window) -> Session {
    window.start(command.env("TERM", "xterm"), |_| {})
}

/// What is left on the screen, with carriage returns done.
fn screen(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let shown = text.split('\n').map(|line| {
        let mut cells: Vec<char> = Vec::new();
        for part in line.split('\r') {
            for (column, character) in part.chars().enumerate() {
                match cells.get_mut(column) {
                    Some(cell) => *cell = character,
                    None => cells.push(character),
                }
            }
        }
        cells.into_iter().collect::<String>().trim_end().to_owned()
    });
    shown.collect()
}

fn shown() -> Outcome {
    let slow = Slow::new("");
    let run = typed!["run", slow.path(), "echo", "hello"].into_command();
    let mut session = start(run, Window::new());
    session.expect(LINE);
    // It goes on to tell how long.
    session.expect(" 1 s");
    slow.open();
    let (status, bytes, _) = session.end();
    assert_eq!(status.code(), Some(0));
    assert_eq!(screen(&bytes), ["hello", ""], "{}", String::from_utf8_lossy(&bytes));
    Ok(())
}

fn warning() -> Outcome {
    let slow = Slow::new("exit 7");
    let mut run = typed!["run", slow.path(), "echo", "hello"].into_command();
    run.env("NO_COLOR", "1");
    let mut session = start(run, Window::new());
    session.expect(LINE);
    slow.open();
    let (_, bytes, _) = session.end();
    let warning = "furnace: warning: systemd-tmpfiles in the container failed status=exit status: 7";
    assert_eq!(screen(&bytes), [warning, "hello", ""]);
    Ok(())
}

fn narrow() -> Outcome {
    let slow = Slow::new("");
    let window = Window::new();
    window.resize(24, 20);
    let mut session = start(typed!["run", slow.path(), "true"].into_command(), window);
    session.expect("furnace: waiting fo");
    slow.open();
    let (_, bytes, _) = session.end();
    assert!(!bytes.windows(20).any(|part| part == b"furnace: waiting for"));
    assert_eq!(screen(&bytes), [""]);
    Ok(())
}

fn waiting() -> Outcome {
    let names = Names::new();
    names.start("web");
    let mut session = start(names.typed("wait", &["web"]).into_command(), Window::new());
    session.expect("furnace: waiting for the end of the container ...");
    names.typed("stop", &["web"]).check()?;
    let (status, bytes, _) = session.end();
    assert_eq!(status.code(), Some(0));
    assert_eq!(screen(&bytes), [""]);
    names.end()
}

/// Nobody reads the list, which is longer than what a pipe holds.
fn listing() -> Outcome {
    let (root, scratch) = (Root::small(), Scratch::new());
    let list = scratch.join("list");
    mknodat(CWD, &list, FileType::Fifo, Mode::RWXU, 0)?;
    let reader = fs::File::options().read(true).write(true).open(&list)?;
    let script = "i=0; while [ $i -lt 1500 ]; do : >/tmp/file-$i; i=$((i + 1)); done; echo done";
    let run = typed![
        "run",
        "--ephemeral",
        "--changes",
        &list,
        root.path(),
        "sh",
        "-c",
        script
    ]
    .into_command();
    let mut session = start(run, Window::new());
    session.expect("furnace: listing what has changed in the root ...");
    let reading = collect_until(reader, b"\"file\",\"size\":0}\n", 1500);
    let (status, bytes, _) = session.end();
    reading.join().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(screen(&bytes), ["done", ""]);
    Ok(())
}

/// Reads a FIFO that has no end until it has had so many of these.
fn collect_until(mut fifo: fs::File, what: &'static [u8], count: usize) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        while bytes.windows(what.len()).filter(|part| *part == what).count() < count {
            let mut piece = [0; 4096];
            let read = fifo.read(&mut piece).unwrap();
            bytes.extend_from_slice(&piece[..read]);
        }
    })
}

/// Longer than what a line is shown for.
const LONG: Duration = Duration::from_millis(800);

fn elsewhere() -> Outcome {
    let slow = Slow::new("");
    let opened_later = || {
        // Had it a line, it would be there by then.
        thread::sleep(LONG);
        slow.open();
    };
    let mut piped = typed!["run", slow.path(), "echo", "hello"].into_command();
    piped
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = piped.spawn()?;
    opened_later();
    let output = child.wait_with_output()?;
    assert_eq!(
        (output.stdout.as_slice(), output.stderr.as_slice()),
        (&b"hello\n"[..], &b""[..])
    );

    for words in [["run", "-v"], ["run", "--log-format=json"]] {
        let run = typed![words[0], words[1], slow.path(), "true"].into_command();
        let session = start(run, Window::new());
        opened_later();
        let (status, bytes, _) = session.end();
        assert_eq!(status.code(), Some(0));
        let text = String::from_utf8(bytes)?;
        assert!(!text.contains("waiting for systemd-tmpfiles"), "{text}");
    }
    let mut dumb = typed!["run", slow.path(), "true"].into_command();
    dumb.env("TERM", "dumb");
    let session = Window::new().start(&dumb, |_| {});
    opened_later();
    let (_, bytes, _) = session.end();
    assert_eq!(String::from_utf8(bytes)?, "");
    Ok(())
}

fn interrupted() -> Outcome {
    let slow = Slow::new("");
    let mut session = start(typed!["run", slow.path(), "cat"].into_command(), Window::new());
    session.expect(LINE);
    // It is kept for the command.
    session.signal(Signal::TERM);
    slow.open();
    let (status, bytes, _) = session.end();
    assert_eq!(status.code(), Some(143));
    assert_eq!(screen(&bytes), [""]);
    Ok(())
}
