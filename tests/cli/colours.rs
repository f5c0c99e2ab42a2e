//! Colours: on a terminal, for those who have not said that they want none, and nowhere else.

use std::process::Command;

use furnace_tests::{Need, Outcome, Window, test};
use libtest_mimic::Trial;

use crate::named::names::Names;
use crate::transcript::Transcript;

pub(crate) fn trials() -> Vec<Trial> {
    let terminal = [Need::Program("setsid")];
    vec![
        test("colours_on_a_terminal", &terminal, terminals),
        test("colours_never_where_none_are_wanted", &terminal, unwanted),
        test("colours_never_in_a_pipe", &[], pipes),
        test("colours_of_each_stream_by_itself", &terminal, streams),
        test("colours_of_an_error", &terminal, error),
        test("colours_of_the_doctor", &terminal, doctor),
        test("colours_of_ps", &[Need::Root, Need::Program("setsid")], ps),
    ]
}

/// What shows something in colours, one for each way that it can come about.
fn coloured() -> Vec<Transcript> {
    vec![
        typed!["run", "/no/such/root", "true"],
        typed!["run", "--bind-or", "/", "true"],
        typed!["run", "--dev", "maximal", "/", "true"],
        typed!["run", "--config", "/no/such/file"],
        typed!["--help"],
        typed!["run", "-h"],
        typed!["help-me"],
        typed![],
        typed!["doctor"],
    ]
}

fn command(transcript: Transcript) -> Command {
    let mut command = transcript.into_command();
    command.env("TERM", "xterm");
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

fn on_terminal(command: &Command) -> String {
    let (_, shown, _) = Window::new().start(command, |_| {}).end();
    assert!(!shown.is_empty(), "{command:?}");
    String::from_utf8(shown).unwrap()
}

fn terminals() -> Outcome {
    for transcript in coloured() {
        let mut command = command(transcript);
        assert!(on_terminal(&command).contains("\x1b["), "{command:?}");
        // An empty one means nothing.
        assert!(
            on_terminal(command.env("NO_COLOR", "")).contains("\x1b["),
            "{command:?}"
        );
    }
    Ok(())
}

fn unwanted() -> Outcome {
    for transcript in coloured() {
        let mut command = command(transcript);
        command.env("CLICOLOR_FORCE", "1");
        command.env("TERM", "dumb");
        assert!(!on_terminal(&command).contains('\x1b'), "{command:?}");
        command.env_remove("TERM");
        assert!(!on_terminal(&command).contains('\x1b'), "{command:?}");
        command.env("TERM", "xterm").env("NO_COLOR", "1");
        assert!(!on_terminal(&command).contains('\x1b'), "{command:?}");
    }
    Ok(())
}

fn pipes() -> Outcome {
    for transcript in coloured() {
        let mut command = command(transcript);
        for forced in [false, true] {
            if forced {
                command.env("CLICOLOR_FORCE", "1").env("CLICOLOR", "1");
            }
            let output = command.output()?;
            let whole = [output.stdout, output.stderr].concat();
            assert!(!whole.is_empty() && !whole.contains(&0x1b), "{command:?}");
        }
    }
    Ok(())
}

fn streams() -> Outcome {
    let doctor = command(typed!["doctor"].by_shell("\"$@\" | cat"));
    let (_, shown, _) = Window::new().start(&doctor, |_| {}).end();
    assert!(!shown.contains(&0x1b));
    let error = command(typed!["run", "/no/such/root", "true"].by_shell("\"$@\" | cat"));
    let (_, shown, _) = Window::new().start(&error, |_| {}).end();
    assert!(shown.contains(&0x1b));
    Ok(())
}

fn error() -> Outcome {
    let shown = on_terminal(&command(typed!["run", "/no/such/root", "true"]));
    assert_eq!(
        shown,
        "\x1b[1m\x1b[31mfurnace:\x1b[0m cannot use /no/such/root as the root directory: No such file or directory \
         (ENOENT)\r\n  \x1b[1m\x1b[32mhelp:\x1b[0m the root directory must exist; it holds the system that is to run\r\n"
    );
    let shown = on_terminal(&command(typed!["run", "--bind-or", "/", "true"]));
    assert!(
        shown.starts_with("\x1b[1m\x1b[31mfurnace:\x1b[0m unexpected argument"),
        "{shown:?}"
    );
    Ok(())
}

/// What is shown, without its colours.
fn without_colours(shown: &str) -> String {
    let mut plain = String::new();
    let mut rest = shown;
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain + rest
}

fn ps() -> Outcome {
    let names = Names::new();
    names.start("web");
    let typed = || names.typed("ps", &[]);
    let shown = on_terminal(&command(typed()));
    assert!(
        shown.contains("\x1b[1mNAME") && shown.contains("\x1b[32mrunning"),
        "{shown:?}"
    );
    let plain = String::from_utf8(command(typed()).output()?.stdout)?;
    assert!(!plain.contains('\x1b'), "{plain:?}");
    assert_eq!(without_colours(&shown).replace("\r\n", "\n"), plain);
    names.typed("stop", &["web"]).check()?;
    names.end()
}

fn doctor() -> Outcome {
    let shown = on_terminal(&command(typed!["doctor"]));
    let plain = command(typed!["doctor"]).output()?;
    let plain = String::from_utf8(plain.stdout)?;
    let shown = without_colours(&shown.replace("\r\n", "\n"));
    // What is said, and in which column, is the same.
    let words = |text: &str| {
        text.lines()
            .map(|line| line[..line.len().min(30)].to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(words(&shown), words(&plain));
    Ok(())
}
