//! What a part of the memory is on this machine.

use rustix::system::sysinfo;

use crate::options::size::Size;

impl Size {
    pub(crate) fn bytes(self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Percent(percent) => (total() / 100).saturating_mul(percent.into()),
        }
    }
}

fn total() -> u64 {
    let about = sysinfo();
    about.totalram.saturating_mul(about.mem_unit.into())
}

#[cfg(test)]
mod tests {
    use super::total;
    use crate::options::size::Size;

    #[test]
    fn all_of_it_is_all_of_it() {
        let bytes = Size::Percent(100).bytes();
        assert!(bytes <= total() && total() - bytes < 100);
        assert_eq!(Size::Percent(50).bytes(), bytes / 2);
        assert_eq!(Size::Bytes(5).bytes(), 5);
    }
}
