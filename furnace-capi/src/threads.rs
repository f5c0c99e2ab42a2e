//! What the header says of threads and handles, so that the compiler sees that it is true.

use crate::builder::furnace_builder;
use crate::changes::{furnace_change, furnace_changes};
use crate::child::furnace_child;
use crate::command::furnace_command;
use crate::console::furnace_console;
use crate::console::shell::furnace_shell_options;
use crate::container::furnace_container;
use crate::container::joining::furnace_join_options;
use crate::doctor::furnace_report;
use crate::error::furnace_error;
use crate::host_mounts::furnace_host_mount;
use crate::mount::furnace_mount;
use crate::named::container::furnace_named;
use crate::named::listing::furnace_listing;
use crate::named::reservation::furnace_reservation;
use crate::named::runtime::furnace_runtime;
use crate::output::furnace_output;
use crate::strings::furnace_strings;
use crate::terminal::furnace_terminal;
use crate::user::furnace_user;

/// Any number of threads may use it at once, as long as none changes it: those are the functions that lend it for writing.
const fn at_once<T: Send + Sync>() {}

/// One thread after the other may use it.
const fn in_turn<T: Send>() {}

const _: () = {
    at_once::<furnace_error>();
    at_once::<furnace_strings>();
    at_once::<furnace_output>();
    at_once::<furnace_change>();
    at_once::<furnace_report>();
    at_once::<furnace_listing>();
    at_once::<furnace_user>();
    at_once::<furnace_container>();
    at_once::<furnace_child>();
    at_once::<furnace_terminal>();
    at_once::<furnace_named>();
    at_once::<furnace_runtime>();
    at_once::<furnace_builder>();
    at_once::<furnace_mount>();
    at_once::<furnace_join_options>();
    at_once::<furnace_console>();
    at_once::<furnace_shell_options>();
    in_turn::<furnace_command>();
    in_turn::<furnace_changes>();
    in_turn::<furnace_reservation>();
    in_turn::<furnace_host_mount>();
};
