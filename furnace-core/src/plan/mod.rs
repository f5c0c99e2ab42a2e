//! From a config to the steps that make the container. Pure: nothing here touches the system but [`Prepared`].

mod compile;
mod explain;
mod mounts;
#[cfg(test)]
mod tests;
mod writer;

use std::ffi::CStr;

use furnace_sys::plan::{Plan, SealedPlan};
use furnace_sys::wire::{Step, Text};

pub(crate) use compile::compile;

use crate::config::Config;
use crate::error::{Error, Phase, Result};

/// A plan that is ready to be walked, any number of times.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) config: Config,
    pub(crate) plan: Plan,
    pub(crate) sealed: SealedPlan,
}

impl Prepared {
    pub(crate) fn new(config: Config) -> Result<Self> {
        let plan = compile(&config);
        let sealed = plan
            .seal()
            .map_err(|errno| Error::os(Phase::Start, "cannot put the plan of the container into memory", errno))?;
        Ok(Self { config, plan, sealed })
    }

    /// The sentence for the step number `index`.
    pub(crate) fn explain(&self, index: u32) -> Option<String> {
        explain::explain(&self.plan, usize::try_from(index).ok()?)
    }

    pub(crate) fn step(&self, index: u32) -> Option<Step> {
        self.plan.steps.get(usize::try_from(index).ok()?).copied()
    }

    /// The sentences for all steps, in their order.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = String> {
        (0..self.plan.steps.len()).filter_map(|index| explain::explain(&self.plan, index))
    }
}

/// A text of a plan.
pub(crate) fn text(plan: &Plan, text: Text) -> &CStr {
    let from = plan.texts.get(text.0 as usize..).unwrap_or_default();
    CStr::from_bytes_until_nul(from).unwrap_or_default()
}
