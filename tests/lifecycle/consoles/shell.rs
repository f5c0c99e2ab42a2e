//! `Container::shell`, in containers of every kind.

use furnace_core::console::Console;
use furnace_core::{Container, ErrorKind, JoinOptions, Phase};
use furnace_tests::{Need, Orphans, Outcome, Root, Window, test};
use libtest_mimic::Trial;
use rustix::process::Signal;

use super::{Case, PROMPT, at_terminal, builder, container, ends_well, is_raw, say_end};
use crate::named::Names;
use crate::parts::argument;

pub(crate) fn trials() -> Vec<Trial> {
    let needs = [Need::Root, Need::Program("bash"), Need::Program("setsid")];
    let all: [Case; 9] = [
        ("a_shell_of_the_library", of_the_library),
        ("a_shell_has_the_keys_of_a_terminal", keys),
        ("a_shell_follows_the_window_without_signals", size),
        ("a_shell_with_options", options),
        ("a_shell_in_an_attached_container", attached),
        ("a_shell_beside_a_joined_process", joined),
        ("a_shell_that_is_not_bash", not_bash),
        ("a_shell_where_there_is_none", none),
        ("a_terminal_is_taken_again_after_a_stop", stopped),
    ];
    all.into_iter().map(|(name, body)| test(name, &needs, body)).collect()
}

/// Opens a shell where, and as, its arguments say.
pub(crate) fn sheller() -> Outcome {
    match argument(1).as_str() {
        "plain" => say_end(container()?.shell().run()?),
        "options" => {
            let container = builder().hostname("build").start()?;
            let mut shell = container.shell().hostname("build-7").colours(false);
            let command = shell.command();
            command.env_clear().env("A", "b").env("PATH", "/usr/bin:/bin");
            command.uid(1000).gid(1001).current_dir("/tmp").umask(0o27);
            say_end(shell.run()?)
        }
        "attached" => {
            let directory = furnace_core::RuntimeDirectory::at(argument(2));
            let attached = JoinOptions::new()
                .own_session(true)
                .attach_to(&directory.find("web")?)?;
            say_end(attached.shell().run()?)
        }
        "joined" => say_end(Container::join(argument(2).parse()?)?.shell().run()?),
        "root" => say_end(
            Container::builder(argument(2))
                .own_session(true)
                .start()?
                .shell()
                .run()?,
        ),
        other => Err(format!("no shell {other}").into()),
    }
}

fn of_the_library() -> Outcome {
    let mut session = at_terminal("sheller", &["plain"]);
    session.expect(PROMPT);
    assert!(!session.window().modes().contains("ICANON"), "each key is passed on");
    session.enter("tty; cd /etc\n");
    session.expect("/dev/pts/0\r\n");
    session.expect("furnace-debug@localhost \u{1b}[32m/etc\u{1b}[m # ");
    // The terminal inside is left as a program leaves it that was killed.
    session.enter("stty raw -echo; exit 7\n");
    session.expect("it was exit status: 7\r\n");
    ends_well(session)
}

fn keys() -> Outcome {
    let mut session = at_terminal("sheller", &["plain"]);
    session.expect(PROMPT);
    session.enter("echo run''s; cat\n");
    session.expect("runs\r\n");
    session.enter("once\n");
    session.expect("once\r\nonce\r\n");
    session.enter("\u{3}");
    session.expect(PROMPT);
    session.enter("echo it was $?; cat\n");
    session.expect("it was 130\r\n");
    // By then it is in the foreground.
    session.enter("again\n");
    session.expect("again\r\nagain\r\n");
    session.enter("\u{1a}");
    session.expect("Stopped");
    session.expect(PROMPT);
    session.enter("fg\n");
    session.expect("cat\r\n");
    session.enter("twice\n");
    session.expect("twice\r\ntwice\r\n");
    session.enter("\u{4}");
    session.expect(PROMPT);
    session.enter("exit\n");
    session.expect("it was exit status: 0\r\n");
    ends_well(session)
}

fn size() -> Outcome {
    let mut session = at_terminal("sheller", &["plain"]);
    session.expect(PROMPT);
    session.enter("stty size; while test \"$(stty size)\" != '33 99'; do sleep 0.1; done; echo as wi''de\n");
    session.expect("24 80\r\n");
    session.window().resize(33, 99);
    session.expect("as wide");
    // What was set inside stays, until the window changes again.
    session.enter("stty cols 70; sleep 1; stty size\n");
    session.expect("33 70\r\n");
    session.enter("exit\n");
    ends_well(session)
}

fn options() -> Outcome {
    let mut session = at_terminal("sheller", &["options"]);
    session.expect("furnace-debug@build-7 /tmp # ");
    session.enter("echo \"<$A$HOME$TERM> $(id -u):$(id -g) $(umask) $(hostname)\"; echo by its name > $(tty)\n");
    session.expect("<bxterm> 1000:1001 0027 build\r\n");
    session.expect("by its name\r\n");
    session.enter("exit\n");
    ends_well(session)
}

fn attached() -> Outcome {
    let names = Names::new();
    let container = names.start("web")?;
    let mut session = at_terminal("sheller", &["attached", names.path().to_str().unwrap()]);
    session.expect("furnace-debug@web \u{1b}[32m/\u{1b}[m # ");
    session.enter("tty; exit 3\n");
    session.expect("/dev/pts/0\r\n");
    session.expect("it was exit status: 3\r\n");
    ends_well(session)?;
    // Whoever closes the window leaves the container, and nothing else in it than there was.
    let orphans = Orphans::adopt();
    let mut session = at_terminal("sheller", &["attached", names.path().to_str().unwrap()]);
    session.expect(" # ");
    let _ = session.close();
    // The shell, and the part's fork server.
    assert_eq!(orphans.reap(2), 2);
    drop(orphans);
    assert!(container.command("true").status()?.success());
    container.stop()?;
    names.end()
}

fn joined() -> Outcome {
    let container = container()?;
    let pid = container.id().to_string();
    let mut session = at_terminal("sheller", &["joined", &pid]);
    session.expect(&format!("furnace-debug@pid-{pid} "));
    session.enter("tty; exit 4\n");
    session.expect("/dev/pts/0\r\n");
    session.expect("it was exit status: 4\r\n");
    ends_well(session)?;
    container.stop()?;
    Ok(())
}

fn not_bash() -> Outcome {
    let root = Root::small();
    let mut session = at_terminal("sheller", &["root", root.path().to_str().unwrap()]);
    session.expect("furnace-debug@localhost / # ");
    session.enter("cd /etc\n");
    session.expect("furnace-debug@localhost /etc # ");
    session.enter("exit 5\n");
    session.expect("it was exit status: 5\r\n");
    ends_well(session)
}

fn none() -> Outcome {
    let root = Root::bare();
    let container = Container::builder(root.path()).own_session(true).start()?;
    let window = Window::new();
    let before = window.modes();
    let line = || std::os::fd::AsFd::as_fd(window.line());
    let console = Console::new().streams(line(), line(), line()).terminal(true);
    let error = container.shell().console(console).run().unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::NotFound, Phase::Execute));
    assert_eq!(error.to_string(), "cannot run sh");
    assert_eq!(window.modes(), before);
    Ok(())
}

/// As a shell stops and continues its jobs, of which no signal tells the library.
fn stopped() -> Outcome {
    let mut session = at_terminal("sheller", &["plain"]);
    session.expect(PROMPT);
    session.signal(Signal::STOP);
    session.until("stopped", |session| session.state() == 'T');
    session.window().set_modes_of(&Window::new());
    session.signal(Signal::CONT);
    is_raw(&mut session);
    session.enter("exit 6\r");
    session.expect("it was exit status: 6\r\n");
    ends_well(session)
}
