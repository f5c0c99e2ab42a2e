//! libfurnace: [`furnace_core`] for C. What is public here is in `include/furnace.h`, with these words and in this
//! order.
//!
//! A function takes its arguments as what they are: a handle that is lent is an `Option` of a reference, one that is
//! given away an `Option` of a `Box`, a place for a result an `Option` of a reference to a `MaybeUninit`. All of these
//! are plain pointers in C, with NULL for `None`. That they are valid while the function runs is what C promises.

#![allow(
    non_camel_case_types,
    reason = "the names are those that C sees, and functions and types have one prefix there"
)]
#![allow(
    clippy::missing_safety_doc,
    reason = "what is promised by who calls is said once, at the top of the header"
)]

mod border;

mod threads;

pub mod types;

pub mod version;

pub mod error;

pub mod strings;

pub mod log;

pub mod mount;

pub mod builder;

pub mod container;

pub mod user;

pub mod command;

pub mod output;

pub mod child;

pub mod terminal;

pub mod console;

pub mod named;

pub mod changes;

pub mod doctor;

pub mod host_mounts;
