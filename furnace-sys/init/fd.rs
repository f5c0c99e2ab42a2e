//! The descriptors that the fork server keeps. Those of a request are numbered from [`FIRST_FREE`] on.

use super::syscalls::Fd;
use crate::wire::inherited;

pub(super) const CONTROL: Fd = inherited::CONTROL;
/// Tells the end of PID 1. An end of its socket, which it lives for; or its pidfd once more, if it lives without. Takes
/// the place of the plan.
pub(super) const LIFELINE: Fd = inherited::PLAN;
pub(super) const OWNER: Fd = inherited::OWNER;
/// A pidfd of PID 1.
pub(super) const PID1: Fd = inherited::PID1;
pub(super) const FIRST_FREE: Fd = PID1 + 1;
