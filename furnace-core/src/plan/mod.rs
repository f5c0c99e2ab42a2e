//! From a config to the steps that make the container. Pure: nothing here touches the system but [`Prepared`].

mod compile;
mod dev;
pub(crate) mod explain;
mod handed;
mod image;
pub(crate) mod joining;
pub(crate) mod mounting;
mod mounts;
mod network;
mod parts;
mod place;
pub(crate) mod reading;
mod root;
mod sources;
mod subject;
#[cfg(test)]
mod tests;
mod writer;

use std::ffi::{CStr, OsStr};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use furnace_sys::plan::{Plan, SealedPlan};
use furnace_sys::wire::{Step, Text};

pub(crate) use compile::compile;
pub(crate) use handed::InHand;
use subject::{Subject, subject};
pub(crate) use writer::Writer;

use crate::config::Config;
use crate::error::{Attempt, Error, Phase, Result};

/// A plan that is ready to be walked, any number of times.
pub(crate) struct Prepared {
    pub(crate) config: Config,
    pub(crate) plan: Plan,
    pub(crate) sealed: SealedPlan,
}

/// The plan may contain a secret: it is not shown.
impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Prepared {
    pub(crate) fn new(config: Config) -> Result<Self> {
        let plan = compile(&config);
        let sealed = plan.seal().map_err(|errno| {
            let attempt = Attempt::on_no_path("cannot put the plan of the container into memory");
            Error::os(Phase::Start, attempt, errno)
        })?;
        tracing::trace!(
            steps = plan.steps.len(),
            bytes = plan.texts.len(),
            "the plan was compiled"
        );
        Ok(Self { config, plan, sealed })
    }

    /// The sentence for the step number `index`.
    pub(crate) fn explain(&self, index: u32) -> Option<String> {
        explain::explain(&self.plan, usize::try_from(index).ok()?)
    }

    /// What the step number `index` is about, if that has a path.
    pub(crate) fn path(&self, index: u32) -> Option<PathBuf> {
        match subject(&self.plan, usize::try_from(index).ok()?) {
            Subject::Path(path) => Some(path),
            Subject::Root => Some(self.config.root.path().to_owned()),
            Subject::Nothing => None,
        }
    }

    pub(crate) fn step(&self, index: u32) -> Option<Step> {
        self.plan.steps.get(usize::try_from(index).ok()?).copied()
    }

    /// The path of the host of which `step` works on a copy.
    pub(crate) fn source(&self, step: Step) -> Option<&Path> {
        let Step::MapIds { mount, .. } = step else { return None };
        let path = self.plan.steps.iter().find_map(|step| match step {
            Step::CloneTree { path, out, .. } if *out == mount => Some(*path),
            _ => None,
        })?;
        Some(Path::new(OsStr::from_bytes(text(&self.plan, path).to_bytes())))
    }

    /// The sentences for all steps, in their order.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = String> {
        (0..self.plan.steps.len()).filter_map(|index| explain::explain(&self.plan, index))
    }
}

/// Tells of each step, to whoever listens.
pub(crate) fn tell_steps(plan: &Plan) {
    if tracing::enabled!(tracing::Level::DEBUG) {
        let sentences = (0..plan.steps.len()).filter_map(|index| explain::explain(plan, index));
        for (number, sentence) in (1_usize..).zip(sentences) {
            tracing::debug!(step = number, "{sentence}");
        }
    }
}

/// A text of a plan.
pub(crate) fn text(plan: &Plan, text: Text) -> &CStr {
    let from = plan.texts.get(text.0 as usize..).unwrap_or_default();
    CStr::from_bytes_until_nul(from).unwrap_or_default()
}
