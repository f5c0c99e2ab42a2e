//! What a command wrote, and how it ended.

use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;
use std::ptr::null;

use crate::border::value;

/// What a command wrote, and how it ended. It never changes: any number of threads may look at it.
#[derive(Debug)]
pub struct furnace_output {
    status: c_int,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl From<Output> for furnace_output {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.into_raw(),
            stdout: terminated(output.stdout),
            stderr: terminated(output.stderr),
        }
    }
}

/// With the NUL byte behind the last one.
fn terminated(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.push(0);
    bytes
}

/// Frees the output, and all bytes that it gave.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_output_free(output: Option<Box<furnace_output>>) {
    value((), || drop(output));
}

/// How the command ended, as waitpid(2) tells it: for WIFEXITED() and its kin of <sys/wait.h>. -1 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_output_status(output: Option<&furnace_output>) -> c_int {
    output.map_or(-1, |output| output.status)
}

/// What the command wrote to its standard output: `*length` bytes, and a NUL byte behind them that is not counted.
/// `length` may be NULL. Borrowed until the output is freed. NULL, and a length of 0, for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_output_stdout(
    output: Option<&furnace_output>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    tell(output.map(|output| &output.stdout), length)
}

/// What the command wrote to its standard error; otherwise as furnace_output_stdout().
#[unsafe(no_mangle)]
pub extern "C" fn furnace_output_stderr(
    output: Option<&furnace_output>,
    length: Option<&mut MaybeUninit<usize>>,
) -> *const c_char {
    tell(output.map(|output| &output.stderr), length)
}

fn tell(bytes: Option<&Vec<u8>>, length: Option<&mut MaybeUninit<usize>>) -> *const c_char {
    if let Some(length) = length {
        length.write(bytes.map_or(0, |bytes| bytes.len().saturating_sub(1)));
    }
    bytes.map_or(null(), |bytes| bytes.as_ptr().cast())
}
