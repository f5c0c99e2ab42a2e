//! Root inside types into terminals. What it types must never come from the caller's, where a shell would take it for
//! the caller's own.

use std::fs::File;
use std::process::Command;

use furnace_tests::{Need, Outcome, Root, Scratch, Session, Window, compile_c, furnace, test};
use libtest_mimic::Trial;

use crate::attackers::root_with;

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("setsid")];
    vec![
        test("tty_injection_succeeds_without_a_container", &needs, control),
        test("tty_injection_from_a_terminal_of_ones_own", &needs, || {
            inject(&[], None)
        }),
        test("tty_injection_from_one_that_was_asked_for", &needs, || {
            inject(&["-t"], None)
        }),
        test("tty_injection_without_a_terminal", &needs, || inject(&["-T"], None)),
        test("tty_injection_with_input_only", &needs, || inject(&["-i"], None)),
        test("tty_injection_by_standard_error_alone", &needs, || inject(&[], Some(1))),
        test("tty_injection_by_standard_output_alone", &needs, || {
            inject(&["-T"], Some(2))
        }),
        test("tty_injection_from_a_container_that_lives_on", &needs, || by_name(&[])),
        test("tty_injection_from_one_without_a_terminal", &needs, || by_name(&["-T"])),
        test("tty_injection_from_one_with_input_only", &needs, || by_name(&["-i"])),
        test("tty_injection_from_a_shell_in_one", &needs, from_a_shell),
        test("tty_injection_from_a_joined_process", &needs, by_pid),
    ]
}

const TYPE: &str = include_str!("programs/type.c");

/// The attacker is good enough, and the test would see it.
fn control() -> Outcome {
    let scratch = Scratch::new();
    let program = compile_c(scratch.path(), "type", TYPE);
    let (status, shown, window) = Window::new().start(&Command::new(program), |_| {}).end();
    assert!(status.success());
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(shown.contains("typed on descriptor 0"), "{shown}");
    let typed = window.unread();
    assert!(contains(&typed, b"INJECTED"), "{}", typed.escape_ascii());
    Ok(())
}

/// A container that lives on, and what is typed after `furnace` for it.
struct Named {
    scratch: Scratch,
    root: Root,
}

impl Named {
    fn start(root: Root) -> Self {
        let named = Self {
            scratch: Scratch::new(),
            root,
        };
        let status = named
            .typed("start")
            .args(["--name", "it"])
            .arg(named.root.path())
            .status();
        assert!(status.unwrap().success());
        named
    }

    fn typed(&self, command: &str) -> Command {
        let mut typed = Command::new(furnace());
        typed.arg(command).arg("--runtime-dir").arg(self.scratch.join("run"));
        typed
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = self.typed("stop").arg("it").status();
    }
}

fn by_name(options: &[&str]) -> Outcome {
    let named = Named::start(root_with(&[("type", TYPE)]));
    let mut command = named.typed("exec");
    command.args(options).args(["it", "/bin/type"]);
    has_tried(Window::new().start(&command, |_| {}), true)
}

fn by_pid() -> Outcome {
    let named = Named::start(root_with(&[("type", TYPE)]));
    let listed = named.typed("ps").args(["--json"]).output()?;
    let listed = String::from_utf8(listed.stdout)?;
    let (_, pid) = listed.split_once("\"pid\":").ok_or("no pid is told")?;
    let pid: String = pid.trim_start().chars().take_while(char::is_ascii_digit).collect();
    let mut command = Command::new(furnace());
    command.args(["exec", "--pid", &pid, "/bin/type"]);
    has_tried(Window::new().start(&command, |_| {}), true)
}

fn from_a_shell() -> Outcome {
    let root = Root::small();
    let scratch = Scratch::new();
    root.install(&compile_c(scratch.path(), "type", TYPE));
    let named = Named::start(root);
    let mut command = named.typed("shell");
    let mut session = Window::new().start(command.args(["--in", "it"]), |_| {});
    session.expect(" # ");
    session.enter("exec /bin/type\r");
    has_tried(session, true)
}

/// Has it try in a container, with one of the caller's streams leading away from the terminal or none.
fn inject(options: &[&str], elsewhere: Option<u32>) -> Outcome {
    let root: Root = root_with(&[("type", TYPE)]);
    let mut command = Command::new(furnace());
    command.arg("run").args(options).arg(root.path()).arg("/bin/type");
    let session = Window::new().start(&command, |command| {
        let null = File::options().write(true).open("/dev/null").unwrap();
        match elsewhere {
            Some(1) => {
                command.stdout(null);
            }
            Some(_) => {
                command.stderr(null);
            }
            None => {}
        }
    });
    has_tried(session, elsewhere != Some(1))
}

/// Waits for its end, and looks what has been typed.
fn has_tried(session: Session, says_so: bool) -> Outcome {
    let (status, shown, window) = session.end();
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(status.success(), "{status}: {shown}");
    assert!(!says_so || shown.contains("tried"), "{shown}");
    let typed = window.unread();
    assert!(typed.is_empty(), "{}: {shown}", typed.escape_ascii());
    Ok(())
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
