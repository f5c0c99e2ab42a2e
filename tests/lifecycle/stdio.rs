//! Where a command's standard streams lead.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Stdio as StdStdio;

use furnace_core::Stdio;
use furnace_tests::{Need, Outcome, Scratch, test};
use libtest_mimic::Trial;

use crate::inside::system;
use crate::parts;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("stdio_is_inherited", &[Need::Root], inherited),
        test("stdio_is_null", &[Need::Root], null),
        test("stdio_is_piped", &[Need::Root], piped),
        test("stdio_is_a_file_outside", &[Need::Root], files),
        test("stdio_is_a_socket", &[Need::Root], socket),
        test("stdio_is_a_pipe_of_std", &[Need::Root], std_pipe),
        test("commands_are_piped_into_each_other", &[Need::Root], pipeline),
        test(
            "a_command_of_the_host_is_piped_into_one_inside",
            &[Need::Root],
            from_the_host,
        ),
        test("output_has_an_empty_input", &[Need::Root], output_input),
        test("output_keeps_the_streams_apart", &[Need::Root], output_streams),
        test("output_of_both_streams_may_be_large", &[Need::Root], large_output),
        test(
            "output_honours_streams_that_are_set",
            &[Need::Root],
            output_with_streams,
        ),
        test("waiting_closes_the_input", &[Need::Root], wait_closes_input),
        test("a_pipe_ends_with_its_command", &[Need::Root], pipe_ends),
    ]
}

fn inherited() -> Outcome {
    let mut part = parts::command("inheritor");
    let mut child = part
        .stdin(StdStdio::piped())
        .stdout(StdStdio::piped())
        .stderr(StdStdio::piped())
        .spawn()?;
    child.stdin.take().unwrap().write_all(b"typed")?;
    let output = child.wait_with_output()?;
    assert_eq!(output.stdout, b"typed|again|");
    assert_eq!(output.stderr, b"moved");
    Ok(())
}

/// Runs commands on its own standard streams.
pub(crate) fn inheritor() -> Outcome {
    let container = system().start()?;
    container.command("sh").args(["-c", "cat; printf '|'"]).status()?;
    container
        .command("printf")
        .arg("again|")
        .stdin(Stdio::null())
        .stdout(Stdio::inherit())
        .status()?;
    container
        .command("printf")
        .arg("moved")
        .stdout(std::io::stderr())
        .status()?;
    Ok(())
}

fn null() -> Outcome {
    let container = system().start()?;
    let mut command = container.command("sh");
    command.args([
        "-c",
        "test -z \"$(cat)\" && echo lost && echo lost >&2 && test -c /proc/self/fd/1",
    ]);
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    assert!(status.success());
    Ok(())
}

fn piped() -> Outcome {
    let container = system().start()?;
    let mut command = container.command("sh");
    command.args(["-c", "read line; echo \"out $line\"; echo \"err $line\" >&2"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.as_mut().unwrap().write_all(b"heard\n")?;
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.as_mut().unwrap().read_to_string(&mut out)?;
    child.stderr.as_mut().unwrap().read_to_string(&mut err)?;
    assert_eq!((out.as_str(), err.as_str()), ("out heard\n", "err heard\n"));
    assert!(child.wait()?.success());
    assert!(child.stdin.is_none());
    Ok(())
}

fn files() -> Outcome {
    let (container, scratch) = (system().start()?, Scratch::new());
    fs::write(scratch.join("in"), "from a file")?;
    let mut command = container.command("cat");
    command
        .stdin(File::open(scratch.join("in"))?)
        .stdout(File::create(scratch.join("out"))?);
    assert!(command.status()?.success());
    assert_eq!(fs::read_to_string(scratch.join("out"))?, "from a file");
    // It can be spawned again: the file goes on where it was.
    assert!(command.status()?.success());
    Ok(())
}

fn socket() -> Outcome {
    let container = system().start()?;
    let (mut ours, theirs) = UnixStream::pair()?;
    let mut child = container
        .command("cat")
        .stdin(theirs.try_clone()?)
        .stdout(theirs)
        .spawn()?;
    ours.write_all(b"through")?;
    ours.shutdown(std::net::Shutdown::Write)?;
    assert!(child.wait()?.success());
    let mut bytes = [0; 7];
    ours.read_exact(&mut bytes)?;
    assert_eq!(&bytes, b"through");
    Ok(())
}

fn std_pipe() -> Outcome {
    let container = system().start()?;
    let (mut reader, writer) = std::io::pipe()?;
    let mut command = container.command("echo");
    command.arg("through").stdout(writer);
    command.status()?;
    // It holds the other end, to be spawned again.
    drop(command);
    let mut text = String::new();
    reader.read_to_string(&mut text)?;
    assert_eq!(text, "through\n");
    Ok(())
}

fn pipeline() -> Outcome {
    let (container, scratch) = (system().start()?, Scratch::new());
    let mut cat = container
        .command("cat")
        .arg("/etc/passwd")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut gzip = container
        .command("gzip")
        .stdin(cat.stdout.take().unwrap())
        .stdout(File::create(scratch.join("out.gz"))?)
        .spawn()?;
    assert!(cat.wait()?.success() && gzip.wait()?.success());
    let unzipped = std::process::Command::new("gzip")
        .arg("-cd")
        .arg(scratch.join("out.gz"))
        .output()?;
    assert_eq!(unzipped.stdout, fs::read("/etc/passwd")?);
    Ok(())
}

fn from_the_host() -> Outcome {
    let container = system().start()?;
    let mut echo = std::process::Command::new("echo")
        .arg("from outside")
        .stdout(StdStdio::piped())
        .spawn()?;
    let output = container.command("cat").stdin(echo.stdout.take().unwrap()).output()?;
    assert_eq!(output.stdout, b"from outside\n");
    echo.wait()?;
    Ok(())
}

fn output_input() -> Outcome {
    let container = system().start()?;
    let output = container.command("cat").output()?;
    assert!(output.status.success() && output.stdout.is_empty());
    Ok(())
}

fn output_streams() -> Outcome {
    let container = system().start()?;
    let output = container
        .command("sh")
        .args(["-c", "echo out; echo err >&2; exit 3"])
        .output()?;
    assert_eq!(
        (output.stdout.as_slice(), output.stderr.as_slice()),
        (&b"out\n"[..], &b"err\n"[..])
    );
    assert_eq!(output.status.code(), Some(3));
    Ok(())
}

fn large_output() -> Outcome {
    const SIZE: usize = 8 << 20;
    let container = system().start()?;
    let script = format!("head -c {SIZE} /dev/zero >&2 & head -c {SIZE} /dev/zero; wait");
    let output = container.command("sh").args(["-c", &script]).output()?;
    assert_eq!((output.stdout.len(), output.stderr.len()), (SIZE, SIZE));
    // One after the other, in either order: neither pipe may fill up unread.
    for (first, second) in [("", ">&2"), (">&2", "")] {
        let script = format!("head -c {SIZE} /dev/zero {first}; head -c {SIZE} /dev/zero {second}");
        let output = container.command("sh").args(["-c", &script]).output()?;
        assert_eq!((output.stdout.len(), output.stderr.len()), (SIZE, SIZE));
    }
    Ok(())
}

fn output_with_streams() -> Outcome {
    let container = system().start()?;
    let mut command = container.command("sh");
    let output = command
        .args(["-c", "echo out; echo err >&2"])
        .stderr(Stdio::null())
        .output()?;
    assert_eq!(
        (output.stdout.as_slice(), output.stderr.as_slice()),
        (&b"out\n"[..], &b""[..])
    );
    Ok(())
}

fn wait_closes_input() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("cat").stdin(Stdio::piped()).spawn()?;
    assert!(child.wait()?.success());
    let child = container
        .command("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    assert!(child.wait_with_output()?.status.success());
    Ok(())
}

fn pipe_ends() -> Outcome {
    let container = system().start()?;
    let mut child = container.command("sleep").arg("1000").stdout(Stdio::piped()).spawn()?;
    let mut stdout = child.stdout.take().unwrap();
    // Others that are started meanwhile do not hold it open.
    let mut other = container.command("sleep").arg("1000").spawn()?;
    child.kill()?;
    assert_eq!(stdout.read_to_end(&mut Vec::new())?, 0);
    child.wait()?;
    other.kill()?;
    other.wait()?;
    Ok(())
}
