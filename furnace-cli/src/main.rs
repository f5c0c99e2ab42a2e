//! furnace
fn main() {}
