//! Two commands in a container, piped into each other and into a file outside: `cat /etc/passwd | gzip > FILE`.

use std::fs::File;

use furnace_core::{Container, Stdio};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("give the name of the file to write")?;
    let container = Container::builder("/").ephemeral(true).isolate_network(true).start()?;

    let mut cat = container
        .command("cat")
        .arg("/etc/passwd")
        .stdout(Stdio::piped())
        .spawn()?;
    let passwd = cat.stdout.take().ok_or("standard output is piped")?;
    let mut gzip = container
        .command("gzip")
        .stdin(passwd)
        .stdout(File::create(path)?)
        .spawn()?;

    if !cat.wait()?.success() || !gzip.wait()?.success() {
        return Err("the pipeline failed".into());
    }
    container.stop()?;
    Ok(())
}
