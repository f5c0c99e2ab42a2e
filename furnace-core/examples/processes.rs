fn main() -> furnace_core::Result<()> {
    let container = furnace_core::Container::builder("/").ephemeral(true).start()?;
    container.command("ps").arg("-ef").status()?;
    container.stop()
}
