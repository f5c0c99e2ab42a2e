//! `--config`: a file instead of options.
//!
//! What the file says becomes words of the command line, before those that were typed, and clap reads them all. So a
//! value means in a file what it means when it is typed; and since what may be said is taken from clap's definitions, an
//! option that is added is a key as well, and in the schema.

pub(crate) mod args;
mod document;
mod entry;
mod keys;
pub(crate) mod manual;
mod merge;
mod paths;
pub(crate) mod schema;
mod typed;

pub(crate) use merge::{Refusal, parse};
