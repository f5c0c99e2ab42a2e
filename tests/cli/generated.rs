//! Completions and manual pages, against the help that they are made with; completions in the shells that they are for.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use furnace_tests::{Need, Outcome, Scratch, Window, furnace, test};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let terminal = |shell| [Need::Program(shell), Need::Program("setsid")];
    vec![
        test(
            "completions_know_every_option_in_bash",
            &[Need::Program("bash")],
            in_bash,
        ),
        test("completions_know_every_option_in_zsh", &[Need::Program("zsh")], in_zsh),
        test(
            "completions_know_every_option_in_fish",
            &[Need::Program("fish")],
            in_fish,
        ),
        test(
            "completions_at_a_prompt_of_bash",
            &terminal("bash"),
            at_a_prompt_of_bash,
        ),
        test("completions_at_a_prompt_of_zsh", &terminal("zsh"), at_a_prompt_of_zsh),
        test("a_shell_without_completions_is_refused", &[], no_such_shell),
        test("every_command_has_a_page_with_its_options", &[], pages),
        test("a_page_that_cannot_be_written_is_told", &[], unwritable),
    ]
}

fn told(words: &[&str]) -> String {
    let output = Command::new(furnace()).args(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", output.status);
    assert_eq!(output.stderr, b"");
    String::from_utf8(output.stdout).unwrap()
}

/// The names of all commands that the help lists.
pub(crate) fn commands() -> Vec<String> {
    let help = told(&["--help"]);
    let (_, list) = help.split_once("\nCommands:\n").unwrap();
    let list = list.split("\n\n").next().unwrap();
    let found: Vec<String> = list
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    assert!(found.len() > 10 && found.iter().any(|name| name == "run"), "{found:?}");
    found
}

pub(crate) fn help(command: &str) -> String {
    told(&[command, "--help"])
}

/// The options that the help of a command begins a line with, short and long.
pub(crate) fn options(command: &str) -> BTreeSet<String> {
    let help = help(command);
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = lines.flat_map(|line| line.split("  ").next().unwrap().split(", "));
    let name = |word: &str| {
        let end = word.find(|letter: char| letter != '-' && !letter.is_ascii_alphanumeric());
        word[..end.unwrap_or(word.len())].to_owned()
    };
    let found: BTreeSet<String> = words
        .map(name)
        .filter(|word| word.starts_with('-') && !word.trim_start_matches('-').is_empty())
        .collect();
    assert!(
        found.contains("--help") && found.contains("-h") && found.contains("-v"),
        "{command}: {found:?}"
    );
    found
}

fn long_options(command: &str) -> BTreeSet<String> {
    options(command)
        .into_iter()
        .filter(|option| option.starts_with("--"))
        .collect()
}

/// What a shell prints that runs `script`, with `furnace` on its path.
fn run_by(shell: &str, words: &[&str], script: &str) -> String {
    let output = shell_with_furnace(shell)
        .args(words)
        .args(["-c", script])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.is_empty(), "{shell}: {text}");
    String::from_utf8(output.stdout).unwrap()
}

fn shell_with_furnace(shell: &str) -> Command {
    let directory = furnace().parent().unwrap().to_str().unwrap();
    let mut command = Command::new(shell);
    command
        .env("PATH", format!("{directory}:{}", std::env::var("PATH").unwrap()))
        .env("XDG_RUNTIME_DIR", "/no/such/directory");
    command
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn in_bash() -> Outcome {
    let complete = |typed: &str| {
        let script = format!(
            "source <(furnace completions bash); COMP_WORDS=({typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             function=$(complete -p furnace); function=${{function#*-F }}; function=${{function%% *}}; \
             $function furnace \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        words(&run_by("bash", &["--norc"], &script))
    };
    let all = commands();
    let offered = complete("furnace ''");
    assert!(all.iter().all(|command| offered.contains(command)), "{offered:?}");
    for command in all {
        assert_eq!(
            complete(&format!("furnace {command} --")),
            long_options(&command),
            "{command}"
        );
    }
    assert_eq!(complete("furnace run --eph"), words("--ephemeral"));
    assert_eq!(complete("furnace run --dev ''"), words("minimal host"));
    assert_eq!(complete("furnace run --log-format ''"), words("text json"));
    Ok(())
}

/// The completion system's own function is replaced by one that says what it is asked to offer.
fn in_zsh() -> Outcome {
    told(&["completions", "zsh"]);
    let syntax = run_by("zsh", &["-f"], "zsh -n <(furnace completions zsh)");
    assert_eq!(syntax, "");
    for command in commands() {
        let script = format!(
            "is-at-least() {{ : }}; autoload() {{ : }}; compdef() {{ : }}; eval \"$(furnace completions zsh)\"; \
             calls=0; _arguments() {{ if (( calls++ == 0 )); then state=furnace; line=({command}); else \
             print -rl -- \"$@\"; fi }}; words=(furnace {command} --); CURRENT=3; _furnace"
        );
        let specs = run_by("zsh", &["-f"], &script);
        // `(-q --quiet)*--json=[...]`, and before the colon what is no option.
        let (_, specs) = specs.split_once("\n:\n").unwrap();
        let names = specs.lines().filter_map(|line| {
            let line = line
                .strip_prefix('(')
                .map_or(line, |line| line.split_once(')').unwrap().1);
            let line = line.strip_prefix('*').unwrap_or(line);
            let end = line.find(|letter: char| letter != '-' && !letter.is_ascii_alphanumeric())?;
            line.starts_with('-').then(|| line[..end].to_owned())
        });
        assert_eq!(names.collect::<BTreeSet<_>>(), options(&command), "{command}");
    }
    Ok(())
}

fn in_fish() -> Outcome {
    let complete = |typed: &str| {
        let script = format!("furnace completions fish | source; complete -C \"furnace {typed}\"");
        let found = run_by("fish", &["--no-config"], &script);
        let found = found.lines().map(|line| line.split('\t').next().unwrap().to_owned());
        found.collect::<BTreeSet<String>>()
    };
    let offered = complete("");
    for command in commands() {
        assert!(offered.contains(&command), "{command} in {offered:?}");
        // With the short ones: fish offers all for a single dash.
        assert_eq!(complete(&format!("{command} -")), options(&command), "{command}");
    }
    assert!(complete("run --eph").contains("--ephemeral"));
    Ok(())
}

/// As somebody types it.
fn at_a_prompt_of_bash() -> Outcome {
    let mut shell = shell_with_furnace("bash");
    shell
        .args(["--norc", "--noprofile", "-i"])
        .env("PS1", "ready> ")
        .env("TERM", "dumb");
    let mut session = Window::new().start(&shell, |_| {});
    session.expect("ready> ");
    session.enter("source <(furnace completions bash)\n");
    session.expect("ready> ");
    session.enter("echo furnace\n");
    session.expect("ready> ");
    session.enter("furnace run --eph\t");
    session.expect("furnace run --ephemeral");
    session.enter("\u{15}exit\n");
    session.end();
    Ok(())
}

/// The whole of the completion system, and a key that shows what is typed by then.
fn at_a_prompt_of_zsh() -> Outcome {
    let mut shell = shell_with_furnace("zsh");
    shell.args(["-f", "-i"]).env("PS1", "ready> ").env("TERM", "dumb");
    let mut session = Window::new().start(&shell, |_| {});
    session.expect("ready> ");
    session.enter("autoload -Uz compinit && compinit -u -D && source <(furnace completions zsh) && print com''plete\n");
    session.expect("complete");
    session.expect("ready> ");
    session.enter("show() { print -r -- \"typed<$BUFFER>\" }; zle -N show; bindkey '^X' show && print bou''nd\n");
    session.expect("bound");
    session.expect("ready> ");
    session.enter("furnace run --eph\t\u{18}");
    session.expect("typed<furnace run --ephemeral");
    // Ctrl-U: an interrupt could come while that key is still at work, and end only that.
    session.enter("\u{15}exit\n");
    session.end();
    Ok(())
}

fn no_such_shell() -> Outcome {
    typed!["completions", "csh"]
        .complains(125, &["csh", "bash", "zsh", "fish"])
        .check()
}

/// The options that a page has an entry for.
fn in_page(page: &str) -> BTreeSet<String> {
    let entries = page.split("\n.TP\n").skip(1).filter_map(|entry| entry.lines().next());
    let names = entries.flat_map(|line| {
        let bold = line.split("\\fB").skip(1).filter_map(|part| part.split("\\fR").next());
        bold.map(|name| name.replace('\\', "")).collect::<Vec<_>>()
    });
    names.filter(|name| name.starts_with('-')).collect()
}

fn pages() -> Outcome {
    let scratch = Scratch::new();
    told(&["man", "--dir", scratch.path().to_str().unwrap()]);
    let version = told(&["--version"]);
    let mut expected = vec!["furnace-config.5".to_owned(), "furnace.1".to_owned()];
    for command in commands() {
        let file = format!("furnace-{command}.1");
        let page = fs::read_to_string(scratch.join(&file))?;
        assert_eq!(in_page(&page), options(&command), "{command}");
        let help = help(&command);
        for (title, section) in [
            ("\nExamples:\n", "EXAMPLES"),
            ("\nJSON:\n", "JSON"),
            ("\nExit status:\n", "\"EXIT STATUS\""),
        ] {
            let has = page.contains(&format!("\n.SH {section}\n"));
            assert_eq!(has, help.contains(title), "{section} of {command}");
        }
        assert!(page.contains(version.trim_end()), "{command}");
        expected.push(file);
    }
    let mut written: Vec<String> = fs::read_dir(scratch.path())?
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    written.sort_unstable();
    expected.sort_unstable();
    assert_eq!(written, expected);
    let whole = fs::read_to_string(scratch.join("furnace.1"))?;
    assert_eq!(whole, told(&["man"]));
    let plain = whole.replace('\\', "");
    assert!(
        commands()
            .iter()
            .all(|command| plain.contains(&format!("furnace-{command}(1)"))),
        "{plain}"
    );
    Ok(())
}

fn unwritable() -> Outcome {
    typed!["man", "--dir", "/no/such/directory"]
        .complains(125, &["manual pages", "No such file or directory"])
        .check()
}
