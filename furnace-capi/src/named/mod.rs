//! Containers that live on under a name.

pub mod runtime;

pub mod listing;

pub mod container;

pub mod reservation;

use std::time::SystemTime;

/// In seconds since 1970, as time(2) counts; 0 if it is not known.
fn seconds(moment: Option<SystemTime>) -> i64 {
    let since = moment.and_then(|moment| moment.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
