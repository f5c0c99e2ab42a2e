//! Sources of binds that are hardly files. Whatever they are, they are shown, never opened.

use std::fs::{self, File};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use furnace_core::{Container, ErrorKind, Phase};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::{Failed, Trial};

use crate::attackers::builder;
use crate::oddities::Odd;
use crate::outside::snapshot;
use crate::verdict::{Looker, Verdict, explains, judge, whole};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("odd_sources_are_shown_and_not_opened", &[Need::Root], odd_sources),
        test("sources_that_lead_nowhere", &[Need::Root], nowhere),
        test("source_that_is_an_open_file", &[Need::Root], open_file),
        test("source_that_is_an_open_directory", &[Need::Root], open_directory),
        test(
            "source_that_is_an_open_file_without_a_name",
            &[Need::Root],
            without_a_name,
        ),
        test("source_that_is_the_callers_own_process", &[Need::Root], own_process),
        test("source_that_is_no_file_at_all", &[Need::Root], no_file),
        test("source_that_was_deleted_while_open", &[Need::Root], deleted),
        test(
            "source_that_becomes_something_else",
            &[Need::Root],
            becomes_something_else,
        ),
    ]
}

/// What a file inside is, seen through PID 1.
fn inside(container: &Container, path: &str) -> fs::Metadata {
    fs::symlink_metadata(format!("/proc/{}/root/{path}", container.id())).unwrap()
}

fn same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    (one.dev(), one.ino(), one.rdev()) == (other.dev(), other.ino(), other.rdev())
}

/// A FIFO that nobody writes to would hold up whoever opens it, and a device without a driver would fail.
fn odd_sources() -> Outcome {
    for odd in [
        Odd::Fifo,
        Odd::Socket,
        Odd::CharacterDevice,
        Odd::BlockDevice,
        Odd::File,
    ] {
        let (root, scratch) = (Root::bare(), Scratch::new());
        let source = scratch.join("source");
        odd.put(&source);
        if matches!(odd, Odd::Socket | Odd::CharacterDevice | Odd::BlockDevice) {
            assert_eq!(
                File::open(&source).unwrap_err().raw_os_error(),
                Some(6),
                "{odd} can be opened"
            );
        }
        for ephemeral in [false, true] {
            let before = snapshot(scratch.path());
            let mut builder = builder(&root);
            builder
                .bind(&source, "/tmp/new/there")
                .bind_ro(&source, "/dev/there")
                .ephemeral(ephemeral);
            let container = builder.start().map_err(|error| format!("{odd}: {}", whole(&error)))?;
            let outside = fs::symlink_metadata(&source)?;
            for place in ["tmp/new/there", "dev/there"] {
                let inside = inside(&container, place);
                assert!(same(&inside, &outside), "{odd} at {place}: {inside:?}");
                assert_eq!(inside.file_type().is_fifo(), matches!(odd, Odd::Fifo));
                assert_eq!(inside.file_type().is_socket(), matches!(odd, Odd::Socket));
            }
            container.stop()?;
            assert_eq!(snapshot(scratch.path()), before, "{odd}");
        }
    }
    Ok(())
}

fn nowhere() -> Outcome {
    let (root, scratch) = (Root::bare(), Scratch::new());
    symlink("/not/there", scratch.join("dangling"))?;
    symlink("loop", scratch.join("loop"))?;
    symlink("/proc/self/fd/999999", scratch.join("closed"))?;
    let before = snapshot(root.path());
    let sources = [
        (scratch.join("dangling"), ErrorKind::NotFound),
        (scratch.join("loop"), ErrorKind::Other),
        (scratch.join("loop/below"), ErrorKind::Other),
        (scratch.join("closed"), ErrorKind::NotFound),
        ("/proc/self/fd/999999".into(), ErrorKind::NotFound),
        ("/proc/999999999".into(), ErrorKind::NotFound),
    ];
    for (source, kind) in sources {
        let error = builder(&root).bind(&source, "/tmp/new").start().unwrap_err();
        assert_eq!(
            (error.phase(), error.kind()),
            (Phase::Configure, kind),
            "{}",
            whole(&error)
        );
        assert!(error.to_string().contains(source.to_str().unwrap()), "{error}");
        assert_eq!(snapshot(root.path()), before);
    }
    Ok(())
}

fn descriptor(fd: &impl AsRawFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", fd.as_raw_fd()))
}

/// What the caller's `/proc/self` leads to is shown, or refused; never what the same path means to another process.
fn shown_or_refused(source: &Path, expected: &fs::Metadata) -> Outcome {
    let root = Root::bare();
    // The names of /proc that mean something else to each who looks.
    let ways = [
        source.to_owned(),
        Path::new("/proc/thread-self").join(source.strip_prefix("/proc/self").unwrap()),
        Path::new("/dev/../").join(source.strip_prefix("/").unwrap()),
    ];
    for source in ways {
        let started = builder(&root).bind(&source, "/tmp/there").start();
        match started {
            Ok(container) => {
                let found = inside(&container, "tmp/there");
                if !same(&found, expected) {
                    return Err(format!("{} shows something else: {found:?}", source.display()).into());
                }
                container.stop()?;
            }
            Err(error) => explains(&error, &[source.to_str().unwrap()])?,
        }
        let place = root.join("tmp/there");
        let _ = fs::remove_file(&place).or_else(|_| fs::remove_dir(&place));
    }
    Ok(())
}

/// At numbers that furnace-init uses as well, and at one that it does not.
fn at_numbers(open: &OwnedFd) -> Result<Vec<OwnedFd>, Failed> {
    let numbers = [0, 4, 6, 10, 400];
    let at = |least| rustix::io::fcntl_dupfd_cloexec(open, least);
    Ok(numbers.into_iter().map(at).collect::<Result<_, _>>()?)
}

fn at_each_number(open: &OwnedFd, expected: &fs::Metadata) -> Outcome {
    let mut wrong = Vec::new();
    for fd in at_numbers(open)? {
        if let Err(why) = shown_or_refused(&descriptor(&fd), expected) {
            wrong.push(why.message().unwrap_or_default().to_owned());
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}

fn open_file() -> Outcome {
    let scratch = Scratch::new();
    fs::write(scratch.join("file"), "of the source")?;
    let open = File::open(scratch.join("file"))?;
    at_each_number(&open.into(), &fs::metadata(scratch.join("file"))?)
}

fn open_directory() -> Outcome {
    let scratch = Scratch::new();
    at_each_number(&File::open(scratch.path())?.into(), &fs::metadata(scratch.path())?)
}

fn without_a_name() -> Outcome {
    let memory = File::from(rustix::fs::memfd_create("nameless", rustix::fs::MemfdFlags::CLOEXEC)?);
    let expected = memory.metadata()?;
    at_each_number(&memory.into(), &expected)
}

fn own_process() -> Outcome {
    let exe = fs::metadata("/proc/self/exe")?;
    shown_or_refused(Path::new("/proc/self/exe"), &exe)?;
    shown_or_refused(Path::new("/proc/self/cwd"), &fs::metadata(".")?)?;
    shown_or_refused(Path::new("/proc/self/root"), &fs::metadata("/")?)
}

fn no_file() -> Outcome {
    let (reader, _writer) = rustix::pipe::pipe()?;
    let expected = File::from(reader.try_clone()?).metadata()?;
    at_each_number(&reader, &expected)?;
    let scratch = Scratch::new();
    let socket = OwnedFd::from(UnixListener::bind(scratch.join("socket"))?);
    let expected = File::from(socket.try_clone()?).metadata()?;
    at_each_number(&socket, &expected)
}

fn deleted() -> Outcome {
    let scratch = Scratch::new();
    let open = File::create(scratch.join("file"))?;
    fs::remove_file(scratch.join("file"))?;
    let expected = open.metadata()?;
    at_each_number(&open.into(), &expected)?;
    fs::create_dir(scratch.join("directory"))?;
    let open = File::open(scratch.join("directory"))?;
    fs::remove_dir(scratch.join("directory"))?;
    let expected = open.metadata()?;
    at_each_number(&open.into(), &expected)
}

/// The second start has looked at the source before; what has come in its place is as odd as can be.
fn becomes_something_else() -> Outcome {
    let looker = Looker::new();
    for odd in Odd::PLAIN {
        let (root, scratch) = (looker.root(), Scratch::new());
        let source = scratch.join("source");
        fs::write(&source, "of the source")?;
        let mut builder = builder(&root);
        builder.bind(&source, "/tmp/there");
        builder.tmpfiles(false).start()?.stop()?;
        odd.put_instead(&source);
        // The builder keeps what it knows: no setter is called again.
        match builder.clone().start() {
            Ok(container) => {
                assert!(!matches!(odd, Odd::Missing | Odd::Directory), "{odd}");
                assert!(
                    same(&inside(&container, "tmp/there"), &fs::symlink_metadata(&source)?),
                    "{odd}"
                );
                container.stop()?;
            }
            Err(error) => {
                assert!(matches!(odd, Odd::Missing | Odd::Directory), "{odd}: {}", whole(&error));
                explains(&error, &[source.to_str().unwrap(), "/tmp/there"])?;
            }
        }
        // As if asked anew, it is a mount of its own kind.
        let verdict = judge(&mut builder, &looker, &[], &["source", "/tmp/there"], || Ok(()));
        assert!(
            matches!(verdict?, Verdict::Right(_)) != matches!(odd, Odd::Missing | Odd::Directory),
            "{odd}"
        );
    }
    Ok(())
}
