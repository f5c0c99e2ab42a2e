//! A command's output, with an environment of its own.

use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let container = furnace_core::Container::builder("/")
        .ephemeral(true)
        .hostname("furnace")
        .start()?;
    let output = container
        .command("sh")
        .args(["-c", "echo \"$GREETING from $(cat /proc/sys/kernel/hostname)\""])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("GREETING", "hello")
        .output()?;
    std::io::stdout().write_all(&output.stdout)?;
    container.stop()?;
    Ok(())
}
