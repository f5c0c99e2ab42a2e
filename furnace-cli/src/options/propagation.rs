//! `--propagation`: which mounts of the host are seen later.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Propagation {
    #[default]
    /// Those that the host makes below the root, or below the source of a bind, are seen
    Slave,
    /// None is seen
    Private,
}

impl From<Propagation> for furnace_core::Propagation {
    fn from(propagation: Propagation) -> Self {
        match propagation {
            Propagation::Slave => Self::Slave,
            Propagation::Private => Self::Private,
        }
    }
}
