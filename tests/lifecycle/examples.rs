//! The examples of the library do what they say.

use std::process::{Command, Output};

use furnace_tests::{Need, Outcome, Scratch, Window, example, test};
use libtest_mimic::{Failed, Trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("example_processes", &[Need::Root, Need::Program("ps")], processes),
        test("example_environment", &[Need::Root], environment),
        test("example_pipeline", &[Need::Root, Need::Program("gzip")], pipeline),
        test(
            "example_shell",
            &[Need::Root, Need::Program("bash"), Need::Program("setsid")],
            shell,
        ),
    ]
}

fn run(command: &mut Command) -> Result<Output, Failed> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(output)
}

fn processes() -> Outcome {
    let output = run(&mut Command::new(example("processes")))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert_eq!((lines[1][1], lines[1][7]), ("1", "furnace-init"), "{text}");
    assert_eq!(lines[2][7..], ["ps", "-ef"], "{text}");
    Ok(())
}

fn environment() -> Outcome {
    assert_eq!(
        run(&mut Command::new(example("environment")))?.stdout,
        b"hello from furnace\n"
    );
    Ok(())
}

fn pipeline() -> Outcome {
    let scratch = Scratch::new();
    let file = scratch.join("passwd.gz");
    run(Command::new(example("pipeline")).arg(&file))?;
    let unzipped = run(Command::new("gzip").arg("-cd").arg(&file))?;
    assert_eq!(unzipped.stdout, std::fs::read("/etc/passwd")?);
    Ok(())
}

fn shell() -> Outcome {
    let mut session = Window::new().start(&Command::new(example("shell")), |_| {});
    session.expect("furnace-debug@copy ");
    session.enter("exit 3\n");
    assert_eq!(session.end().0.code(), Some(3));
    Ok(())
}
