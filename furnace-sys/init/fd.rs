//! The descriptors that the fork server keeps. Those of a request are numbered from [`FIRST_FREE`] on.

use super::syscalls::Fd;
use crate::wire::inherited;

pub(super) const CONTROL: Fd = inherited::CONTROL;
/// PID 1 lives as long as this end of its socket is open. Takes the place of the plan.
pub(super) const LIFELINE: Fd = inherited::PLAN;
pub(super) const OWNER: Fd = inherited::OWNER;
/// A pidfd of PID 1.
pub(super) const PID1: Fd = 3;
pub(super) const FIRST_FREE: Fd = 4;
