//! What came of one examination.

use super::Outcome;

#[derive(Debug)]
pub(super) struct Finding {
    pub(super) outcome: Outcome,
    pub(super) how: String,
    /// In place of the usual one.
    pub(super) remedy: Option<&'static str>,
}

impl Finding {
    pub(super) fn yes(how: impl Into<String>) -> Self {
        Self::new(Outcome::Yes, how)
    }

    pub(super) fn no(how: impl Into<String>) -> Self {
        Self::new(Outcome::No, how)
    }

    pub(super) fn new(outcome: Outcome, how: impl Into<String>) -> Self {
        Self {
            outcome,
            how: how.into(),
            remedy: None,
        }
    }

    pub(super) fn with_remedy(self, remedy: &'static str) -> Self {
        Self {
            remedy: Some(remedy),
            ..self
        }
    }
}
