//! What the caller and furnace-init say to each other. Compiled into both, so that it cannot disagree with itself.
//!
//! - A **plan** travels in a sealed memfd: [`PlanHeader`], the [`Step`]s, room for the descriptors they open, the texts
//!   they name. furnace-init maps it privately and walks it. Where its first steps are a **maker**'s, a process of the
//!   caller, the first message is what has come of them: a [`Reply`], with descriptors.
//! - A **request** is one message that begins with an [`Envelope`]. For a command [`RequestHeader`] follows, then its
//!   body, or the body in a memfd of its own. A walk has nothing but descriptors: a plan, and what fills its first slots.
//!   To detach takes nothing at all.
//! - A **reply** is one message: [`Reply`]. With a container come the pidfd of its PID 1 and what its plan hands over; with
//!   a command or a walker the pipe for its report, then its pidfd.
//! - A **report** is what a newcomer that could not become its command leaves in its pipe: [`Report`]. A walker leaves a
//!   [`Reply`] there, in any case.
//!
//! Everything is 32-bit words in the machine's own byte order, encoded and decoded field by field: there is no padding
//! that could carry a piece of the caller's memory, and no cast that could misread one.

mod answer;
mod message;
mod operand;
mod plan;
mod request;
mod stage;
mod step;
mod word;

pub use answer::{Reply, Report};
pub use operand::{Bytes, Slot, Target, Text};
pub use plan::{Origin, PlanHeader};
pub use request::{ABSENT, Asked, Envelope, NO_STRING, RequestHeader};
pub use stage::Stage;
pub use step::{STEP_WORDS, Step};
pub use word::Word;

/// The name that `ps` shows for furnace-init, whichever of its two parts it plays.
pub const PROGRAM_NAME: &core::ffi::CStr = c"furnace-init";

/// The descriptors that furnace-init is started with.
pub mod inherited {
    /// The socket on which requests come and replies go.
    pub const CONTROL: i32 = 0;
    /// The memfd with the plan.
    pub const PLAN: i32 = 1;
    /// A pidfd of the process that owns the container; when it becomes readable, the container ends.
    pub const OWNER: i32 = 2;
    /// A pidfd of the PID 1 of the container to be joined; where one is to be made, the owner's takes its number.
    pub const PID1: i32 = 3;
    /// How many there are.
    pub const COUNT: usize = 4;
}

/// What a [`Reply`] to a start names instead of a step when it was none of the plan's that failed.
pub mod beside_the_plan {
    /// furnace-init's own preparation, or its settling down.
    pub const PREPARATION: u32 = u32::MAX;
    /// The making of PID 1.
    pub const PID1: u32 = u32::MAX - 1;
    /// The maker's own preparation, or its end.
    pub const MAKER: u32 = u32::MAX - 2;
}

/// The longest body that travels in the message itself, in bytes; a longer one travels in a memfd. Two pages: room for
/// an ordinary environment, and all that the fork server ever keeps resident for it.
pub const INLINE_BODY_MAX: usize = 8192;

/// How many descriptors one message can carry (`SCM_MAX_FD`, unix(7)).
pub const DESCRIPTORS_MAX: usize = 253;

/// How many descriptors PID 1 or a maker can make for the fork server.
pub const MADE_MAX: usize = 4;

/// How many descriptors a plan can hand to the caller.
pub const HANDED_MAX: usize = 3;
