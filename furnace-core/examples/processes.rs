//! The processes in a throw-away copy of the running system: PID 1, which is Furnace's, and `ps` itself.

fn main() -> furnace_core::Result<()> {
    let container = furnace_core::Container::builder("/").ephemeral(true).start()?;
    container.command("ps").arg("-ef").status()?;
    container.stop()
}
