//! The examples, built by their own Makefiles, do what they say.

use std::path::PathBuf;
use std::process::{Command, Output};

use furnace_tests::{Need, Outcome, Root, Scratch, Window, test};
use libtest_mimic::{Failed, Trial};

use crate::installation::{TO_COMPILE, command, copy_of, prefix, run};

pub(crate) fn trials() -> Vec<Trial> {
    let make = [&TO_COMPILE[..], &[Need::Root, Need::Program("make")]].concat();
    let cxx = [&make[..], &[Need::Program("g++")]].concat();
    vec![
        test("example_c_run", &make, c_run),
        test("example_c_pipeline", &make, c_pipeline),
        test("example_c_shell", &make, c_shell),
        test("example_c_errors", &make, c_errors),
        test("example_cpp_raii", &cxx, cpp_raii),
        test("example_cpp_pipeline", &cxx, cpp_pipeline),
        test("example_cpp_nothrow", &cxx, cpp_nothrow),
    ]
}

/// Added to those of the Makefiles: an example is not to show what is wrong.
const FLAGS: &str = "-Werror -g -fsanitize=address,undefined -fno-sanitize-recover=all";

/// An example, built.
struct Example {
    scratch: Scratch,
    name: &'static str,
}

impl Example {
    fn new(folder: &str, name: &'static str) -> Result<Self, Failed> {
        let scratch = copy_of(folder)?;
        let mut make = command("make");
        // No more than the one that is asked for.
        make.arg("-C")
            .arg(scratch.path())
            .arg(name)
            .env("CFLAGS", FLAGS)
            .env("CXXFLAGS", FLAGS);
        run(&mut make)?;
        Ok(Self { scratch, name })
    }

    fn path(&self) -> PathBuf {
        self.scratch.join(self.name)
    }

    fn with(&self, root: &Root, words: &[&str]) -> Output {
        command(self.path()).arg(root.path()).args(words).output().unwrap()
    }

    fn at(&self, root: &str, words: &[&str]) -> Output {
        command(self.path()).arg(root).args(words).output().unwrap()
    }
}

/// What a program wrote, and its exit status.
fn told(output: &Output) -> (&str, &str, i32) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (
        text(&output.stdout),
        text(&output.stderr),
        output.status.code().unwrap(),
    )
}

/// The program runs a command in a container and ends as that does.
fn ends_as_the_command(example: &Example, name: &str) -> Outcome {
    let root = Root::small();
    let output = example.with(&root, &["sh", "-c", "echo out; echo err >&2; exit 7"]);
    assert_eq!(told(&output).0, "out\n");
    assert_eq!(told(&output).2, 7);
    let output = example.with(&root, &["sh", "-c", "kill -TERM $$"]);
    assert_eq!(told(&output), ("", "", 143));
    let output = example.at("/no/such/root", &["true"]);
    let (_, complaint, status) = told(&output);
    assert!(
        complaint.starts_with(&format!("{name}: cannot use /no/such/root as the root directory")),
        "{complaint}"
    );
    assert_eq!(status, 125);
    let output = example.at("/", &[]);
    assert!(told(&output).1.starts_with("usage: "), "{output:?}");
    Ok(())
}

fn c_run() -> Outcome {
    ends_as_the_command(&Example::new("c", "run")?, "run")
}

fn cpp_nothrow() -> Outcome {
    ends_as_the_command(&Example::new("cpp", "nothrow")?, "nothrow")
}

fn cpp_raii() -> Outcome {
    let example = Example::new("cpp", "raii")?;
    ends_as_the_command(&example, "raii")?;
    let root = Root::small();
    let output = example.with(&root, &["sh", "-c", "pwd; cat $GREETING; echo > /etc/passwd"]);
    assert_eq!(told(&output), ("/scratch\nhello\n", "", 0));
    assert_ne!(std::fs::read(root.join("etc/passwd"))?, b"\n");
    let output = example.with(&root, &["no-such-program"]);
    let (_, complaint, status) = told(&output);
    assert!(complaint.contains("  help: "), "{complaint}");
    assert_eq!(status, 127);
    Ok(())
}

fn c_pipeline() -> Outcome {
    let example = Example::new("c", "pipeline")?;
    let root = Root::small();
    let file = example.scratch.join("passwd.gz");
    let output = example.with(&root, &[file.to_str().unwrap()]);
    assert_eq!(told(&output), ("", "", 0));
    let unzipped = run(Command::new("gzip").arg("-cd").arg(&file))?;
    assert_eq!(unzipped.stdout, std::fs::read(root.join("etc/passwd"))?);
    let output = example.at("/no/such/root", &["/dev/null"]);
    assert!(told(&output).1.contains("/no/such/root"), "{output:?}");
    Ok(())
}

fn cpp_pipeline() -> Outcome {
    let example = Example::new("cpp", "pipeline")?;
    let root = Root::small();
    let lines = std::fs::read_to_string(root.join("etc/passwd"))?.lines().count();
    assert_eq!(told(&example.with(&root, &[])), (&*format!("{lines}\n"), "", 0));
    assert_eq!(told(&example.at("/no/such/root", &[])).2, 1);
    Ok(())
}

fn c_errors() -> Outcome {
    let example = Example::new("c", "errors")?;
    let root = Root::small();
    assert_eq!(told(&example.with(&root, &["/etc"])), ("it works\n", "", 0));

    let output = example.with(&root, &["/no/such/source"]);
    let (said, _, status) = told(&output);
    assert_eq!(status, 1);
    for line in [
        "something is not there",
        "which is the kind NOT_FOUND, too",
        "errno:   2",
        "nothing had been started",
    ] {
        assert!(said.lines().any(|told| told == line), "{line}: {said}");
    }
    assert!(
        said.contains("\nmessage: cannot bind /no/such/source to /mnt"),
        "{said}"
    );
    assert!(said.contains("\npath:    /no/such/source\n"), "{said}");
    assert!(said.contains("\nremedy:  "), "{said}");

    // The destination is no directory: that is found by a step of the start.
    std::fs::remove_dir(root.join("mnt"))?;
    std::fs::write(root.join("mnt"), "")?;
    let output = example.with(&root, &["/etc"]);
    let said = told(&output).0;
    assert!(said.contains("\nstep:    "), "{said}");
    assert!(said.contains("\nnothing of the container is left\n"), "{said}");
    Ok(())
}

fn c_shell() -> Outcome {
    let example = Example::new("c", "shell")?;
    let root = Root::small();
    let mut command = Command::new("env");
    command.arg(format!("LD_LIBRARY_PATH={}", prefix().join("lib").display()));
    command.arg(example.path()).arg(root.path());
    let mut session = Window::new().start(&command, |_| ());
    session.expect("# ");
    session.enter("echo $((40 + 2)) > /answer; cat /answer; tty\r");
    session.expect("42");
    session.expect("/dev/pts/");
    session.enter("exit 5\r");
    let (status, _, _) = session.end();
    assert_eq!(status.code(), Some(5));
    assert!(!root.join("answer").exists());
    Ok(())
}
