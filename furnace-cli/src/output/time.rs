//! Moments, as both people and programs read them.

use std::time::SystemTime;

/// In UTC, as RFC 3339 has it; what is before 1970 is told as its beginning.
pub(crate) fn utc(moment: SystemTime) -> String {
    let since_1970 = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = since_1970.as_secs();
    let (year, month, day) = date(seconds / 86400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month and day of a day since 1970.
fn date(days: u64) -> (u64, u64, u64) {
    const OF_400_YEARS: u64 = 146_097;
    // Years that begin in March have their leap day at the end.
    const FROM_MARCH_0_TO_1970: u64 = 719_468;
    let days = days.saturating_add(FROM_MARCH_0_TO_1970);
    let (era, day_of_era) = (days / OF_400_YEARS, days % OF_400_YEARS);
    let leap_days = day_of_era / 1460 - day_of_era / 36524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days.min(day_of_era)) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on, five months have 153 days, again and again.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let (month, next_year) = match month_from_march {
        0..=9 => (month_from_march + 3, 0),
        _ => (month_from_march - 9, 1),
    };
    (era * 400 + year_of_era + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{date, utc};

    #[test]
    fn moments_are_told_in_utc() {
        let at = |seconds| utc(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(1_709_210_096), "2024-02-29T12:34:56Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(
            utc(SystemTime::UNIX_EPOCH - Duration::from_secs(5)),
            "1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let mut expected = (1970, 1, 1);
        for day in 0..400_000 {
            assert_eq!(date(day), expected);
            let (year, month, number) = expected;
            let last = match month {
                2 if is_leap(year) => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            expected = match (month, number) {
                (12, 31) => (year + 1, 1, 1),
                (_, number) if number == last => (year, month + 1, 1),
                _ => (year, month, number + 1),
            };
        }
    }
}
