//! What a container is to be.

pub mod mounts;

pub mod root;

pub mod settings;

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

use furnace_core::{Builder, Container};

use crate::border::{Failure, boundary, given, path, place, value};
use crate::container::furnace_container;
use crate::error::furnace_error;
use crate::log::{Log, furnace_log_callback};
use crate::strings::furnace_strings;

/// Says what a container is to be, then starts it, once or often. Setters check little: what makes no sense is told by
/// furnace_builder_start(), before anything is touched. The first start looks at the host and at the root directory;
/// later ones, until a setter is called again, rely on that.
///
/// One thread at a time may set something; any number of them may start and explain at once.
#[derive(Clone, Debug)]
pub struct furnace_builder {
    pub(crate) builder: Builder,
    log: Log,
}

/// A new one, for containers with the root directory `root`. The path is made absolute at once, and resolved by the
/// first start. `*builder` has to be freed with furnace_builder_free().
///
/// A regular file is a disk image: with an ext4, xfs, btrfs, squashfs or erofs file system, in the whole of it or in a
/// partition (furnace_builder_set_partition()). It is attached through a loop device, which goes with the container.
/// What is changed is kept in it; but a squashfs or erofs, which can't be changed, gets an ephemeral layer, and so
/// does a read-only root. The kernel parses what is in the image: do this with images that you trust.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn furnace_builder_new(
    root: *const c_char,
    builder: Option<&mut MaybeUninit<Box<furnace_builder>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        // SAFETY: who calls gives a string that ends and stays as it is meanwhile, or NULL.
        let root = unsafe { path(root, "root") }?;
        let builder = place(builder, "builder")?;
        builder.write(Box::new(furnace_builder {
            builder: Container::builder(root),
            log: Log::default(),
        }));
        Ok(())
    })
}

/// A copy, which can be changed without changing the first. `*copy` has to be freed with furnace_builder_free().
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_copy(
    builder: Option<&furnace_builder>,
    copy: Option<&mut MaybeUninit<Box<furnace_builder>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        place(copy, "copy")?.write(Box::new(builder.clone()));
        Ok(())
    })
}

/// Frees the builder. Containers that it has started go on.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_free(builder: Option<Box<furnace_builder>>) {
    value((), || drop(builder));
}

/// Lets `callback` be told, with `data`, what is done that is as important as `level` (one of FURNACE_LOG_*), or more:
/// by the functions of this builder, and of all containers, commands and children that come of it from now on, and of
/// nothing else in the process. `data` has to be good until the last of these is freed. A `callback` of NULL ends it.
///
/// -EINVAL where there is no such level.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_set_log(
    builder: Option<&mut furnace_builder>,
    level: c_int,
    callback: furnace_log_callback,
    data: *mut c_void,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        given(builder, "builder")?.log = Log::new(level, callback, data)?;
        Ok(())
    })
}

/// What a start would do, step by step, in words. Nothing is started and nothing is touched, and no privilege is
/// needed but to see what was asked for. `*steps` has to be freed with furnace_strings_free().
///
/// Fails as furnace_builder_start() does before anything is touched.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_explain(
    builder: Option<&furnace_builder>,
    steps: Option<&mut MaybeUninit<Box<furnace_strings>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || {
        let builder = given(builder, "builder")?;
        let steps = place(steps, "steps")?;
        let sentences = builder.log.scope(|| builder.builder.explain())?;
        steps.write(Box::new(furnace_strings::new(sentences)));
        Ok(())
    })
}

/// Starts a container. `*container` has to be freed with furnace_container_free(), which stops it.
///
/// Takes about a millisecond, and no longer than the time limit. Fails with FURNACE_PHASE_CONFIGURE when something
/// that was asked for makes no sense (-EINVAL) or is not there (-ENOENT and others), or the caller is not root
/// (-EPERM); with FURNACE_PHASE_START when a step of making it failed. Nothing is left in either case, but mount
/// targets that were made in the root directory.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_start(
    builder: Option<&furnace_builder>,
    container: Option<&mut MaybeUninit<Box<furnace_container>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || begin(builder, container, Builder::start))
}

/// Starts a container and, where it can, does not wait until it is made: a command that is spawned at once is on its way
/// before. Whatever is done first with such a container waits until it is made, and fails as furnace_builder_start() does
/// where it could not be. It is the same as that where the caller is handed something (terminals, which
/// furnace_builder_set_terminals() is for, or a layer of changes), or the root's own systemd-tmpfiles comes first.
/// `*container` has to be freed with furnace_container_free().
///
/// Fails as furnace_builder_start() does, but for the steps of making it.
#[unsafe(no_mangle)]
pub extern "C" fn furnace_builder_start_ahead(
    builder: Option<&furnace_builder>,
    container: Option<&mut MaybeUninit<Box<furnace_container>>>,
    error: Option<&mut MaybeUninit<Box<furnace_error>>>,
) -> c_int {
    boundary(error, || begin(builder, container, Builder::start_ahead))
}

fn begin(
    builder: Option<&furnace_builder>,
    container: Option<&mut MaybeUninit<Box<furnace_container>>>,
    start: fn(&Builder) -> furnace_core::Result<Container>,
) -> Result<(), Failure> {
    let builder = given(builder, "builder")?;
    let container = place(container, "container")?;
    let started = builder.log.scope(|| start(&builder.builder))?;
    container.write(Box::new(furnace_container::new(started, builder.log.clone())));
    Ok(())
}
