//! Containers in containers.

use furnace_core::{Container, Stdio};
use furnace_tests::{Need, Outcome, furnace, test};
use libtest_mimic::Trial;

use crate::outside::Outside;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("container_in_an_ephemeral_container", &[Need::Root], in_ephemeral),
        test("container_in_a_plain_container", &[Need::Root], in_plain),
        test(
            "ephemeral_container_in_an_ephemeral_container",
            &[Need::Root],
            ephemeral_twice,
        ),
        test(
            "ephemeral_containers_deeper_than_the_kernel_goes",
            &[Need::Root],
            ephemeral_thrice,
        ),
        test("container_in_a_container_dies_with_it", &[Need::Root], dies_with_it),
    ]
}

/// Where the command line tool is inside.
const FURNACE: &str = "/dev/furnace";

fn outer(ephemeral: bool) -> Result<Container, furnace_core::Error> {
    let mut builder = Container::builder("/");
    builder
        .ephemeral(ephemeral)
        .tmpfiles(false)
        .bind_ro(furnace(), FURNACE)
        .start()
}

/// The arguments for a container in the container, that runs `command`.
fn run<'a>(options: &[&'a str], command: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["run", "--bind-ro", "/dev/furnace:/dev/furnace"];
    arguments.extend(options);
    arguments.extend(["/", "--"]);
    arguments.extend(command);
    arguments
}

struct Said {
    code: Option<i32>,
    out: String,
    errors: String,
}

fn say(container: &Container, arguments: &[&str]) -> Result<Said, furnace_core::Error> {
    let mut command = container.command(FURNACE);
    let output = command.args(arguments).stdin(Stdio::null()).output()?;
    Ok(Said {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

const LOOK: &str = "test -c /dev/null && test -d /proc/self && echo $$ && hostname";

fn works(container: &Container, options: &[&str]) -> Outcome {
    let before = say(container, &["--version"])?;
    assert_eq!(before.code, Some(0), "{}", before.errors);
    let mounts = |container: &Container| -> Result<String, furnace_core::Error> {
        let mut command = container.command("cat");
        let output = command.arg("/proc/self/mountinfo").output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let mounted = mounts(container)?;
    let mut all = vec!["--hostname", "inner"];
    all.extend(options);
    let said = say(container, &run(&all, &["sh", "-c", LOOK]))?;
    assert_eq!(
        (said.code, said.out.lines().nth(1)),
        (Some(0), Some("inner")),
        "{}",
        said.errors
    );
    // A failure in the inner one is told through both.
    let said = say(container, &run(&all, &["sh", "-c", "exit 42"]))?;
    assert_eq!(said.code, Some(42), "{}", said.errors);
    assert_eq!(mounts(container)?, mounted);
    Ok(())
}

fn in_ephemeral() -> Outcome {
    let outside = Outside::like_a_root();
    let container = outer(true)?;
    works(&container, &[])?;
    container.stop()?;
    outside.check()?;
    Ok(())
}

fn in_plain() -> Outcome {
    let outside = Outside::like_a_root();
    let container = outer(false)?;
    works(&container, &[])?;
    outside.check()?;
    container.stop()?;
    outside.check()?;
    Ok(())
}

fn ephemeral_twice() -> Outcome {
    let container = outer(true)?;
    works(&container, &["--ephemeral"])
}

/// Two overlays on another are all that the kernel takes: the third says so, and leaves nothing.
fn ephemeral_thrice() -> Outcome {
    let outside = Outside::like_a_root();
    let container = outer(true)?;
    let inmost = run(&["--ephemeral"], &["true"]);
    let mut command = vec![FURNACE];
    command.extend(inmost);
    let said = say(&container, &run(&["--ephemeral"], &command))?;
    assert_eq!(said.code, Some(125), "{}", said.errors);
    assert!(
        said.errors.contains("help:") && said.errors.contains("overlay"),
        "{}",
        said.errors
    );
    container.stop()?;
    outside.check()?;
    Ok(())
}

/// Nothing of either is left when the outer one goes while both are at work: the guard of the test sees it.
fn dies_with_it() -> Outcome {
    let container = outer(true)?;
    let mut command = container.command(FURNACE);
    command.args(run(&[], &["sh", "-c", "echo ready; sleep 1000"]));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut output, &mut line)?;
    assert_eq!(line, "ready\n");
    container.stop()?;
    assert!(!child.wait()?.success());
    // Whoever holds the other end is gone as well.
    assert_eq!(std::io::BufRead::read_line(&mut output, &mut line)?, 0);
    Ok(())
}
