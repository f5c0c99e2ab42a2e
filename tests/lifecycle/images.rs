//! Roots that are disk images.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Stdio;
use std::time::{Duration, Instant};

use furnace_core::{Builder, Container, Error, ErrorKind, Phase};
use furnace_tests::{DiskImage, Format, Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;
use rustix::fs::{FlockOperation, flock};

use crate::inside::{holds, sh, whole};
use crate::marks::Mark;
use crate::owner_death::begin;
use crate::parts;

/// How long the kernel may take to clear away what has ended.
const PATIENCE: Duration = Duration::from_secs(10);

const ROOT: Need = Need::Root;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for format in Format::ALL {
        let name = format!("an_image_of_{}_is_recognised", format.name());
        trials.push(test(&name, &[ROOT, format.to_make()], move || is_recognised(format)));
        let needs = format.to_start();
        let mut of_each = |name: &str, body: fn(Format) -> Outcome| {
            trials.push(test(&name.replace('*', format.name()), &needs, move || body(format)));
        };
        of_each("an_image_of_*_is_a_root", is_a_root);
        of_each("an_ephemeral_image_of_*_is_not_changed", ephemeral);
        of_each("a_read_only_image_of_*_is_not_changed", read_only);
        of_each("two_containers_read_one_image_of_*", two_at_once);
        of_each(
            "an_image_of_*_that_the_kernel_refuses_leaves_nothing",
            refused_by_the_kernel,
        );
        if format.is_read_only() {
            of_each("an_image_of_*_can_be_changed_in_memory", in_memory);
        } else {
            of_each("what_is_changed_in_an_image_of_*_is_kept", kept);
            of_each("an_image_of_*_is_written_by_one_at_a_time", one_writer);
        }
    }
    let ext4 = |others: &[Need]| [&Format::Ext4.to_start(), others].concat();
    let sfdisk = || ext4(&[Need::Program("sfdisk")]);
    trials.extend([
        test("a_partition_of_a_gpt_is_a_root", &sfdisk(), gpt),
        test("a_logical_partition_is_a_root", &sfdisk(), logical),
        test("partitions_that_are_not_there", &sfdisk(), partitions),
        test("the_loop_device_goes_with_the_container", &ext4(&[]), loop_device),
        test("the_loop_device_goes_with_a_killed_owner", &ext4(&[]), owner_killed),
        test(
            "the_loop_device_goes_with_an_owner_that_is_killed_at_any_moment",
            &ext4(&[]),
            killed_at_any_moment,
        ),
        test("many_containers_share_one_image", &ext4(&[]), many),
        test(
            "an_ephemeral_image_keeps_the_mode_of_its_root",
            &Format::Squashfs.to_start(),
            mode,
        ),
        test("one_builder_starts_often_from_an_image", &ext4(&[]), often),
        test("binds_into_an_image", &ext4(&[]), binds),
        test("an_image_of_any_name", &ext4(&[]), any_name),
        test("an_image_that_is_a_symlink", &ext4(&[]), symlink),
        test("an_image_that_is_full", &ext4(&[]), full),
        test("an_image_that_goes_between_two_starts", &ext4(&[]), goes),
        test("an_image_that_is_exchanged_between_two_starts", &ext4(&[]), exchanged),
        test(
            "an_image_whose_journal_is_to_be_replayed",
            &ext4(&[Need::Program("debugfs")]),
            unclean,
        ),
        test("files_that_are_no_image", &[ROOT], no_image),
        test("an_image_that_is_cut_short", &ext4(&[]), cut_short),
        test("a_partition_of_a_directory", &[ROOT], partition_of_directory),
    ]);
    trials
}

/// A small root in an image, and the directory that the image is in.
fn image(format: Format) -> (Scratch, DiskImage) {
    let scratch = Scratch::new();
    let image = DiskImage::new(format, &scratch, Root::small().path());
    (scratch, image)
}

fn failure(builder: &Builder) -> Error {
    builder.start().map(drop).expect_err("it can't be started")
}

/// That it is refused before anything is touched, for this reason.
fn is_refused(builder: &Builder, reason: &str) {
    let error = failure(builder);
    let text = whole(&error);
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::InvalidInput, Phase::Configure),
        "{text}"
    );
    assert!(text.contains(reason), "{text} does not say: {reason}");
    assert!(error.remedy().is_some(), "{text}");
}

/// That soon no loop device has it, and no lock is on it.
fn is_detached(image: &DiskImage) -> Outcome {
    let file = fs::File::open(image.path())?;
    let is_free = || image.attached().is_empty() && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
    let deadline = Instant::now() + PATIENCE;
    while !is_free() {
        if Instant::now() > deadline {
            return Err(format!("still in use, as {:?}", image.attached()).into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Also where the kernel can't mount it.
fn is_recognised(format: Format) -> Outcome {
    let scratch = Scratch::new();
    let image = DiskImage::new(format, &scratch, Root::bare().path());
    Container::builder(&image).plan()?;
    assert!(image.attached().is_empty());
    Ok(())
}

fn is_a_root(format: Format) -> Outcome {
    let (_scratch, image) = image(format);
    let container = Container::builder(&image).start()?;
    assert_eq!(sh(&container, "cat /etc/group | head -n 1; pwd")?, "root:x:0:\n/");
    assert_eq!(image.attached().len(), 1);
    container.stop()?;
    assert_eq!(image.attached().len(), 0);
    Ok(())
}

fn ephemeral(format: Format) -> Outcome {
    let (_scratch, image) = image(format);
    let before = image.digest();
    let mut builder = Container::builder(&image);
    builder.ephemeral(true);
    for _ in 0..2 {
        let container = builder.start()?;
        sh(
            &container,
            "test ! -e /new && echo x > /new && rm /etc/group && echo more >> /etc/passwd",
        )?;
        container.stop()?;
        is_detached(&image)?;
        assert!(image.digest() == before, "the image was changed");
    }
    Ok(())
}

fn read_only(format: Format) -> Outcome {
    let (_scratch, image) = image(format);
    let before = image.digest();
    let container = Container::builder(&image).read_only(true).start()?;
    assert!(holds(&container, "test -e /etc/group")?);
    assert!(!holds(&container, "echo > /new")?);
    assert!(!holds(&container, "echo > /etc/group")?);
    container.stop()?;
    is_detached(&image)?;
    assert!(image.digest() == before, "the image was changed");
    Ok(())
}

fn two_at_once(format: Format) -> Outcome {
    let (_scratch, image) = image(format);
    let before = image.digest();
    let mut builder = Container::builder(&image);
    builder.ephemeral(true);
    let (one, two) = (builder.start()?, builder.start()?);
    sh(&one, "echo one > /new")?;
    sh(&two, "test ! -e /new && echo two > /new")?;
    assert_eq!(sh(&one, "cat /new")?, "one");
    one.stop()?;
    assert_eq!(sh(&two, "cat /new")?, "two");
    two.stop()?;
    is_detached(&image)?;
    assert!(image.digest() == before, "the image was changed");
    Ok(())
}

/// Passes for a file system, and can't be mounted.
fn refused_by_the_kernel(format: Format) -> Outcome {
    let (_scratch, image) = image(format);
    let (at, change): (u64, fn(u8) -> u8) = match format {
        // A feature that nobody has.
        Format::Ext2 | Format::Ext4 => (1024 + 0x63, |byte| byte | 0x40),
        Format::Erofs => (1024 + 83, |byte| byte | 0x40),
        // More groups of blocks than there are blocks for.
        Format::Xfs => (88, |byte| byte ^ 0x40),
        // A wrong checksum.
        Format::Btrfs => (65536, |byte| !byte),
        // The table of ids is nowhere.
        Format::Squashfs => (48 + 6, |byte| byte ^ 0x40),
    };
    image.change(at, change);
    for ephemeral in [false, true] {
        let error = failure(Container::builder(&image).ephemeral(ephemeral));
        assert_eq!(error.phase(), Phase::Start, "{}", whole(&error));
        let path = image.path().to_str().unwrap();
        assert!(error.to_string().contains(path), "{}", whole(&error));
        assert!(
            error.remedy().is_some_and(|remedy| remedy.contains("damaged")),
            "{}",
            whole(&error)
        );
        is_detached(&image)?;
    }
    image.change(at, change);
    // Those are as they were; a feature is not taken back.
    if matches!(format, Format::Xfs | Format::Btrfs | Format::Squashfs) {
        Container::builder(&image).ephemeral(true).start()?.stop()?;
    }
    Ok(())
}

fn in_memory(format: Format) -> Outcome {
    let (_scratch, image) = image(format);
    let before = image.digest();
    let builder = Container::builder(&image);
    for _ in 0..2 {
        let container = builder.start()?;
        assert_eq!(sh(&container, "test ! -e /new && echo x > /new && cat /new")?, "x");
        container.stop()?;
    }
    is_detached(&image)?;
    assert!(image.digest() == before, "the image was changed");
    Ok(())
}

fn kept(format: Format) -> Outcome {
    let (_scratch, image) = image(format);
    let builder = Container::builder(&image);
    let container = builder.start()?;
    sh(&container, "echo x > /new; mkdir -p /a/b; rm /etc/group")?;
    container.stop()?;
    is_detached(&image)?;
    let container = builder.start()?;
    assert_eq!(
        sh(
            &container,
            "cat /new; test -d /a/b && test ! -e /etc/group && echo gone"
        )?,
        "x\ngone"
    );
    container.stop()?;
    Ok(())
}

/// Two that mount one image, one of them to write, would destroy it.
fn one_writer(format: Format) -> Outcome {
    let (_scratch, image) = image(format);
    let writer = Container::builder(&image);
    let mut reader = Container::builder(&image);
    reader.ephemeral(true);
    let is_busy = |error: &Error| {
        assert!(whole(error).contains("uses the image"), "{}", whole(error));
        assert!(error.remedy().is_some(), "{}", whole(error));
    };
    let first = writer.start()?;
    is_busy(&failure(&writer));
    is_busy(&failure(&reader));
    sh(&first, "echo x > /new")?;
    first.stop()?;
    is_detached(&image)?;
    let reading = reader.start()?;
    is_busy(&failure(&writer));
    assert_eq!(sh(&reading, "cat /new")?, "x");
    reading.stop()?;
    is_detached(&image)?;
    writer.start()?.stop()?;
    Ok(())
}

fn gpt() -> Outcome {
    let scratch = Scratch::new();
    let root = Root::small();
    let parts: Vec<DiskImage> = (1..=3)
        .map(|number| {
            fs::write(root.join("number"), format!("{number}\n")).unwrap();
            DiskImage::ext4(&scratch, root.path(), 48)
        })
        .collect();
    let disk = DiskImage::gpt(&scratch, &parts.iter().collect::<Vec<_>>());
    for number in 1..=3 {
        let container = Container::builder(&disk).partition(number).start()?;
        assert_eq!(
            sh(&container, "cat /number; echo changed > /number")?,
            number.to_string()
        );
    }
    // Each was changed, and no other by it.
    for number in 1..=3 {
        let container = Container::builder(&disk).partition(number).ephemeral(true).start()?;
        assert_eq!(sh(&container, "cat /number")?, "changed");
        // The device ends where the partition does.
        let sectors = fs::read_to_string(format!("/sys/block/{}/size", disk.attached()[0]))?;
        assert_eq!(sectors.trim().parse(), Ok((48 << 20) / 512));
        container.stop()?;
        is_detached(&disk)?;
    }
    Ok(())
}

fn logical() -> Outcome {
    let scratch = Scratch::new();
    let root = Root::small();
    let parts: Vec<DiskImage> = (5..=6)
        .map(|number| {
            fs::write(root.join("number"), format!("{number}\n")).unwrap();
            DiskImage::ext4(&scratch, root.path(), 48)
        })
        .collect();
    let disk = DiskImage::logical(&scratch, &parts.iter().collect::<Vec<_>>());
    for number in 5..=6 {
        let container = Container::builder(&disk).partition(number).start()?;
        assert_eq!(sh(&container, "cat /number")?, number.to_string());
    }
    is_refused(Container::builder(&disk).partition(2), "extended");
    is_refused(Container::builder(&disk).partition(7), "no such partition");
    Ok(())
}

fn partitions() -> Outcome {
    let (scratch, image) = image(Format::Ext4);
    let bare = Root::bare();
    let small: Vec<DiskImage> = (0..2).map(|_| DiskImage::ext4(&scratch, bare.path(), 8)).collect();
    let disk = DiskImage::gpt(&scratch, &[&image, &small[0], &small[1]]);
    let listed = "1 (64 MiB, ext4), 2 (8 MiB, ext4), 3 (8 MiB, ext4)";
    is_refused(&Container::builder(&disk), listed);
    is_refused(Container::builder(&disk).partition(0), "numbered from 1");
    is_refused(Container::builder(&disk).partition(9), listed);
    is_refused(Container::builder(&disk).partition(1000), listed);
    is_refused(Container::builder(&image).partition(1), "the whole of it is ext4");
    disk.resize(disk.length() - (12 << 20));
    is_refused(Container::builder(&disk).partition(3), "beyond the end of the file");
    assert!(disk.attached().is_empty());
    let container = Container::builder(&disk).partition(1).start()?;
    assert!(holds(&container, "true")?);
    Ok(())
}

fn loop_device() -> Outcome {
    let (_scratch, image) = image(Format::Ext4);
    let builder = Container::builder(&image);
    let container = builder.start()?;
    let mut child = container.command("sleep").arg("1000").spawn()?;
    container.stop()?;
    assert!(image.attached().is_empty());
    assert!(!child.wait()?.success());
    drop(builder.start()?);
    assert!(image.attached().is_empty());
    let killed = builder.start()?;
    let pid1 = rustix::process::Pid::from_raw(killed.id().cast_signed()).unwrap();
    rustix::process::kill_process(pid1, rustix::process::Signal::KILL)?;
    is_detached(&image)?;
    drop(killed);
    // What inside keeps in use goes as well.
    let busy = builder.start()?;
    sh(
        &busy,
        "mkdir -p /a; mount -t tmpfs tmpfs /a; cd /a; setsid sleep 1000 > /dev/null 2>&1 &",
    )?;
    busy.stop()?;
    assert!(image.attached().is_empty());
    Ok(())
}

/// Starts a container from the image that it is given, and runs something in it.
pub(crate) fn imager() -> Outcome {
    let container = Container::builder(parts::argument(1)).start()?;
    let _child = container.command("sleep").arg("1000").spawn()?;
    parts::say("ready")?;
    parts::wait_for_the_test()
}

fn owner_killed() -> Outcome {
    let (_scratch, image) = image(Format::Ext4);
    let mark = Mark::new();
    let (mut owner, line) = begin(mark.part("imager").arg(image.path()))?;
    assert_eq!(line, "ready");
    assert_eq!(image.attached().len(), 1);
    owner.kill()?;
    owner.wait()?;
    mark.is_gone()?;
    is_detached(&image)
}

/// Starts and stops without end, from the image that it is given.
pub(crate) fn image_churner() -> Outcome {
    let mut builder = Container::builder(parts::argument(1));
    loop {
        for ephemeral in [false, true] {
            builder.ephemeral(ephemeral).start()?.stop()?;
        }
    }
}

fn killed_at_any_moment() -> Outcome {
    let (_scratch, image) = image(Format::Ext4);
    // Any sequence will do, as long as a failure can be had again.
    let mut random: u32 = 54321;
    for _ in 0..40 {
        random = random.wrapping_mul(1_103_515_245).wrapping_add(12345);
        let delay = Duration::from_micros(u64::from(random >> 16) % 60_000);
        let mark = Mark::new();
        let mut owner = mark
            .part("image_churner")
            .arg(image.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        std::thread::sleep(delay);
        assert_eq!(owner.try_wait()?, None);
        owner.kill()?;
        owner.wait()?;
        mark.is_gone()?;
        is_detached(&image)?;
    }
    // The lock has gone as well, and no journal is left to be replayed.
    Container::builder(&image).ephemeral(true).start()?.stop()?;
    Container::builder(&image).start()?.stop()?;
    Ok(())
}

/// More than there are loop devices at first, all begun at once.
fn many() -> Outcome {
    let (_scratch, image) = image(Format::Ext4);
    let mut builder = Container::builder(&image);
    builder.ephemeral(true);
    let builder = &builder;
    let started: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(|| builder.start())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let containers: Vec<Container> = started.into_iter().collect::<Result<_, _>>()?;
    assert_eq!(image.attached().len(), 20);
    for container in &containers {
        sh(container, "test ! -e /new && echo > /new")?;
    }
    drop(containers);
    is_detached(&image)
}

fn mode() -> Outcome {
    let scratch = Scratch::new();
    let root = Root::small();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o1751))?;
    chown(root.path(), Some(12), Some(34))?;
    let image = DiskImage::new(Format::Squashfs, &scratch, root.path());
    let container = Container::builder(&image).start()?;
    assert_eq!(sh(&container, "stat -c '%a %u:%g' /")?, "1751 12:34");
    Ok(())
}

fn often() -> Outcome {
    let (_scratch, image) = image(Format::Ext4);
    let mut builder = Container::builder(&image);
    for number in 0..30 {
        let container = builder.start()?;
        sh(&container, &format!("echo {number} >> /numbers"))?;
        container.stop()?;
    }
    let container = builder.ephemeral(true).start()?;
    assert_eq!(sh(&container, "wc -l < /numbers")?.trim(), "30");
    Ok(())
}

fn binds() -> Outcome {
    let (scratch, image) = image(Format::Ext4);
    fs::create_dir(scratch.join("source"))?;
    fs::write(scratch.join("source/file"), "of the host\n")?;
    let mut builder = Container::builder(&image);
    builder.bind_ro(scratch.join("source"), "/new/place");
    for ephemeral in [true, false] {
        let container = builder.ephemeral(ephemeral).start()?;
        assert_eq!(sh(&container, "cat /new/place/file")?, "of the host");
        container.stop()?;
        is_detached(&image)?;
    }
    Ok(())
}

fn any_name() -> Outcome {
    let (_scratch, mut image) = image(Format::Ext4);
    for name in [
        b"with space".as_slice(),
        b"colon:comma,back\\slash",
        b"new\nline\ttab",
        b"quote'\"",
        b"not UTF-8 \xff\xfe",
        b"%s$HOME`x`",
        b"-o=ro",
        b"squashfs.xfs",
    ] {
        image = image.renamed(OsStr::from_bytes(name));
        let container = Container::builder(&image).start()?;
        assert!(holds(&container, "echo >> /new")?);
        container.stop()?;
    }
    Ok(())
}

fn symlink() -> Outcome {
    let (scratch, image) = image(Format::Ext4);
    std::os::unix::fs::symlink(image.path(), scratch.join("link"))?;
    let container = Container::builder(scratch.join("link")).start()?;
    assert_eq!(image.attached().len(), 1);
    assert!(holds(&container, "true")?);
    Ok(())
}

fn full() -> Outcome {
    let scratch = Scratch::new();
    let image = DiskImage::ext4(&scratch, Root::small().path(), 32);
    let builder = Container::builder(&image);
    let container = builder.start()?;
    let output = container
        .command("dd")
        .args(["if=/dev/zero", "of=/all", "bs=64k"])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains("No space left on device"),
        "{said}"
    );
    container.stop()?;
    is_detached(&image)?;
    // It is still good for a start; what can't be made in it is said.
    builder.start()?.stop()?;
    is_detached(&image)?;
    let source = Scratch::new();
    let mut in_vain = Container::builder(&image);
    for number in 0..2000 {
        in_vain.bind(source.path(), format!("/targets/{number}"));
    }
    let error = failure(&in_vain);
    assert_eq!(
        (error.phase(), error.kind()),
        (Phase::Start, ErrorKind::ResourceExhausted),
        "{}",
        whole(&error)
    );
    Ok(())
}

fn goes() -> Outcome {
    let (_scratch, image) = image(Format::Ext4);
    let builder = Container::builder(&image);
    builder.start()?.stop()?;
    is_detached(&image)?;
    fs::remove_file(image.path())?;
    let error = failure(&builder);
    assert_eq!(
        (error.phase(), error.kind()),
        (Phase::Configure, ErrorKind::NotFound),
        "{}",
        whole(&error)
    );
    Ok(())
}

/// What was recognised is another file now.
fn exchanged() -> Outcome {
    let (scratch, image) = image(Format::Ext4);
    let builder = Container::builder(&image);
    builder.start()?.stop()?;
    is_detached(&image)?;
    let other = DiskImage::ext4(&scratch, Root::bare().path(), 16);
    fs::rename(other.path(), image.path())?;
    let before = image.digest();
    let error = failure(&builder);
    assert_eq!(error.phase(), Phase::Configure, "{}", whole(&error));
    assert!(whole(&error).contains("has been replaced"), "{}", whole(&error));
    is_detached(&image)?;
    assert!(image.digest() == before, "the other image was changed");
    Ok(())
}

fn unclean() -> Outcome {
    let (_scratch, image) = image(Format::Ext4);
    let mut debugfs = std::process::Command::new("debugfs");
    debugfs.args(["-w", "-R", "feature needs_recovery"]).arg(image.path());
    assert!(debugfs.output()?.status.success());
    let before = image.digest();
    let error = failure(Container::builder(&image).ephemeral(true));
    assert_eq!(error.phase(), Phase::Start, "{}", whole(&error));
    assert!(
        error
            .remedy()
            .is_some_and(|remedy| remedy.contains("unmounted cleanly")),
        "{}",
        whole(&error)
    );
    is_detached(&image)?;
    assert!(image.digest() == before, "the image was changed");
    // As the error advises.
    Container::builder(&image).start()?.stop()?;
    is_detached(&image)?;
    Container::builder(&image).ephemeral(true).start()?.stop()?;
    Ok(())
}

/// What nobody would take for an image may be a wrong path; both is said.
fn is_no_directory(builder: &Builder, reason: &str) {
    let error = failure(builder);
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::NotADirectory, Phase::Configure),
        "{}",
        whole(&error)
    );
    assert!(
        error.remedy().is_some_and(|remedy| remedy.contains(reason)),
        "{}",
        whole(&error)
    );
}

fn no_image() -> Outcome {
    let scratch = Scratch::new();
    let with = |content: &[u8]| {
        fs::write(scratch.join("file"), content).unwrap();
        Container::builder(scratch.join("file"))
    };
    let unknown = "none of ext4, xfs, btrfs, squashfs and erofs";
    is_no_directory(&with(b""), "it is empty");
    is_no_directory(&with(&[0; 100_000]), unknown);
    is_no_directory(&with(&[0xff; 70_000]), unknown);
    is_refused(&with(b"\x1f\x8b\x08"), "it looks like gzip");
    is_refused(&with(&fs::read(std::env::current_exe()?)?), "it looks like a program");
    Ok(())
}

fn cut_short() -> Outcome {
    let (_scratch, image) = image(Format::Ext4);
    let length = image.length();
    image.resize(length - 4096);
    is_refused(&Container::builder(&image), "cut short");
    image.resize(2000);
    is_refused(&Container::builder(&image), "cut short");
    image.resize(1000);
    is_no_directory(&Container::builder(&image), "none of ext4");
    Ok(())
}

fn partition_of_directory() -> Outcome {
    let root = Root::small();
    let error = failure(Container::builder(&root).partition(1));
    assert_eq!(
        (error.kind(), error.phase()),
        (ErrorKind::InvalidInput, Phase::Configure)
    );
    assert!(whole(&error).contains("not a disk image"), "{}", whole(&error));
    Ok(())
}
