//! What the library tells through tracing.

use std::sync::{Arc, Mutex};

use crate::events::Events;

/// The warnings that this thread gives while `body` runs.
pub(super) fn warnings(body: impl FnOnce()) -> String {
    let told = Arc::new(Mutex::new(String::new()));
    Events::until_the_end(&told, body);
    let told = told.lock().unwrap();
    let warnings = told.lines().filter(|line| line.starts_with("WARN"));
    warnings.map(|line| format!("{line}\n")).collect()
}
