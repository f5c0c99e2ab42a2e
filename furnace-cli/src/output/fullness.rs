//! A layer that is full: a command that meets it says "No space left on device", and nobody knows of which.

use furnace_core::Container;

use crate::options::root::RootArgs;
use crate::output::escape::escaped_path;
use crate::output::report::{self, Failure};

/// Says so if there is no space left for the changes of the root. To be asked when a command has failed.
pub(crate) fn tell(container: &Container, root: &RootArgs) {
    // Whether it can be told is not worth another failure.
    let Ok(Some(usage)) = container.layer_usage() else {
        return;
    };
    if !usage.is_full() {
        return;
    }
    let failure = match &root.overlay {
        Some(upper) => Failure::Other {
            why: format!("the file system of the upper directory {} is full", escaped_path(upper)),
            help: Some("make room on it, or use an upper directory on another one"),
        },
        None => Failure::Other {
            why: format!("the ephemeral layer ({}) is full", shown(usage.size())),
            help: Some("--ephemeral=SIZE makes a larger one; --overlay UPPER keeps what is changed on a disk"),
        },
    };
    report::failure(&failure);
}

/// A number of bytes, in the largest unit of which it is a whole number.
fn shown(bytes: u64) -> String {
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let (mut number, mut unit) = (bytes, "bytes");
    for larger in units.into_iter().skip(1) {
        if number == 0 || number % 1024 != 0 {
            break;
        }
        (number, unit) = (number / 1024, larger);
    }
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn sizes_are_exact() {
        assert_eq!(shown(0), "0 bytes");
        assert_eq!(shown(1000), "1000 bytes");
        assert_eq!(shown(1 << 20), "1 MiB");
        assert_eq!(shown((1 << 20) + 4096), "1028 KiB");
        assert_eq!(shown(3 << 50), "3072 TiB");
    }
}
