//! What a command does with signals when it begins.

use std::collections::BTreeMap;

/// The highest number of a signal (`SIGRTMAX`).
const LAST: i32 = 64;
/// Whose default action nobody can change.
const UNCHANGEABLE: [i32; 2] = [9, 19];

#[derive(Clone, Debug, Default)]
pub(super) struct Dispositions {
    /// Whether it is to be ignored; otherwise it is to have its default action.
    changes: BTreeMap<i32, bool>,
}

impl Dispositions {
    pub(super) fn ignore(&mut self, signal: i32) {
        self.changes.insert(signal, true);
    }

    pub(super) fn reset(&mut self, signal: i32) {
        self.changes.insert(signal, false);
    }

    /// As a set with the lowest bit for signal 1, or why that makes no sense.
    pub(super) fn ignored(&self) -> Result<u64, String> {
        for (signal, ignored) in &self.changes {
            if !(1..=LAST).contains(signal) {
                return Err(format!("{signal} is no signal"));
            }
            if *ignored && UNCHANGEABLE.contains(signal) {
                return Err(format!("signal {signal} can't be ignored"));
            }
        }
        Ok(self.set(true))
    }

    /// As [`ignored`](Self::ignored).
    pub(super) fn default_again(&self) -> u64 {
        self.set(false)
    }

    fn set(&self, wanted: bool) -> u64 {
        let signals = self.changes.iter().filter(|(_, ignored)| **ignored == wanted);
        let changeable = signals.filter(|(signal, _)| !UNCHANGEABLE.contains(signal));
        changeable
            .filter_map(|(signal, _)| u32::try_from(signal - 1).ok())
            .fold(0, |set, bit| set | 1_u64.checked_shl(bit).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::Dispositions;

    #[test]
    fn the_last_word_on_a_signal_counts() {
        let mut dispositions = Dispositions::default();
        dispositions.ignore(1);
        dispositions.ignore(13);
        dispositions.reset(13);
        dispositions.reset(64);
        assert_eq!(dispositions.ignored(), Ok(1));
        assert_eq!(dispositions.default_again(), 1 << 12 | 1 << 63);
    }

    #[test]
    fn what_cannot_be_changed_has_its_default_action_already() {
        let mut dispositions = Dispositions::default();
        dispositions.reset(9);
        assert_eq!((dispositions.ignored(), dispositions.default_again()), (Ok(0), 0));
    }

    #[test]
    fn nonsense_is_told() {
        for (signal, why) in [
            (0, "0 is no signal"),
            (-1, "-1 is no signal"),
            (65, "65 is no signal"),
            (9, "signal 9 can't be ignored"),
            (19, "signal 19 can't be ignored"),
        ] {
            let mut dispositions = Dispositions::default();
            dispositions.ignore(signal);
            assert_eq!(dispositions.ignored(), Err(why.to_owned()));
        }
    }
}
