//! The kernel makes another loop device when all are in use, and keeps it. A machine whose tests ran is left as it was: each
//! container there gets a node for every one.

use std::collections::BTreeSet;
use std::fs;

use rustix::fs::{Mode, OFlags, open};
use rustix::ioctl::{IntegerSetter, ioctl};

/// `LOOP_CTL_REMOVE` of loop(4).
const LOOP_CTL_REMOVE: u32 = 0x4c81;

/// The numbers of the loop devices that there are.
#[derive(Debug)]
pub(crate) struct LoopDevices(BTreeSet<usize>);

impl LoopDevices {
    pub(crate) fn now() -> Self {
        let devices = fs::read_dir("/sys/block").into_iter().flatten().flatten();
        let numbers = devices.filter_map(|device| device.file_name().to_str()?.strip_prefix("loop")?.parse().ok());
        Self(numbers.collect())
    }

    /// Removes those that have come since. One that somebody else uses by now stays.
    pub(crate) fn remove_others(&self) {
        let others: Vec<usize> = Self::now().0.difference(&self.0).copied().collect();
        if others.is_empty() {
            return;
        }
        let Ok(control) = open("/dev/loop-control", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()) else {
            return;
        };
        for number in others {
            // SAFETY: the call takes the number of a device, and touches no memory.
            let remove = unsafe { IntegerSetter::<LOOP_CTL_REMOVE>::new_usize(number) };
            // SAFETY: as above; it is the device that this call is for.
            let _ = unsafe { ioctl(&control, remove) };
        }
    }
}
