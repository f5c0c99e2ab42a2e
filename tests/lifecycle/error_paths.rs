//! Errors have the path that they are about, for those who do more with it than read it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use furnace_core::host_mounts::{BindMount, OverlayMount};
use furnace_core::{Builder, Container, Error, RuntimeDirectory, mount};
use furnace_tests::{Need, Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use crate::inside::{system, whole};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("errors_of_configuring_have_a_path", &[Need::Root], configuring),
        test("errors_of_steps_have_a_path", &[Need::Root], steps),
        test("errors_of_commands_have_a_path", &[Need::Root], commands),
        test("errors_of_a_running_container_have_a_path", &[Need::Root], running),
        test("errors_of_mounts_on_the_host_have_a_path", &[Need::Root], on_the_host),
        test("errors_of_named_containers_have_a_path", &[Need::Root], named),
        test("errors_about_no_path_have_none", &[Need::Root], none),
    ]
}

#[track_caller]
fn is_about(error: &Error, path: impl AsRef<Path>) {
    assert_eq!(error.path(), Some(path.as_ref()), "{}", whole(error));
}

fn failure(builder: &Builder) -> Error {
    builder.start().map(drop).expect_err("it can't be started")
}

fn configuring() -> Outcome {
    let scratch = Scratch::new();
    let at = |name: &str| scratch.join(name);
    for directory in ["root", "upper", "work", "inner/work"] {
        fs::create_dir_all(at(directory))?;
    }
    fs::write(at("empty.img"), "")?;
    fs::write(at("some.img"), [1; 4096])?;
    is_about(&failure(&Container::builder("/no/such/root")), "/no/such/root");
    let odd = Path::new(OsStr::from_bytes(b"/no/\xff\n"));
    is_about(&failure(&Container::builder(odd)), odd);
    is_about(&failure(&Container::builder(at("empty.img"))), at("empty.img"));
    is_about(
        &failure(Container::builder(at("some.img")).partition(1)),
        at("some.img"),
    );

    let root = || Container::builder(at("root"));
    is_about(&failure(root().bind("/no/such", "/a")), "/no/such");
    is_about(&failure(root().bind("/etc", "/a/../b")), "/a/../b");
    is_about(&failure(root().bind("/etc/passwd", "/a/")), "/a/");
    is_about(&failure(root().mount(mount::Tmpfs::new("/t").size(0))), "/t");
    is_about(&failure(root().mount(mount::File::new("/f", "").mode(0o7777))), "/f");
    is_about(&failure(root().device("/dev/no-such")), "/dev/no-such");
    is_about(&failure(root().lower("/no/lower")), "/no/lower");
    is_about(&failure(root().overlay("/no/upper")), "/no/upper");
    is_about(
        &failure(root().overlay(at("upper")).overlay_work("/no/work")),
        "/no/work",
    );
    Ok(())
}

fn steps() -> Outcome {
    let root = Root::bare();
    fs::write(root.join("file"), "")?;
    let start = || Container::builder(&root);
    is_about(&failure(start().bind("/etc", "/file")), "/file");
    is_about(&failure(start().bind("/etc", "/file/below")), "/file/below");
    fs::remove_dir(root.join("proc"))?;
    fs::write(root.join("proc"), "")?;
    is_about(&failure(&start()), "/proc");
    let builder = start();
    let path = root.path().to_owned();
    drop(root);
    is_about(&failure(&builder), path);
    Ok(())
}

fn commands() -> Outcome {
    let scratch = Scratch::new();
    let script = scratch.join("script");
    fs::write(&script, "#!/no/interpreter\n")?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    let container = system().bind(&script, "/script").start()?;
    let failure = |program: &str, directory: Option<&str>| {
        let mut command = container.command(program);
        if let Some(directory) = directory {
            command.current_dir(directory);
        }
        command.spawn().map(drop).expect_err("it can't be run")
    };
    is_about(&failure("no-such-program", None), "no-such-program");
    is_about(&failure("/etc/passwd", None), "/etc/passwd");
    is_about(&failure("/script", None), "/script");
    is_about(&failure("true", Some("/no/such")), "/no/such");
    is_about(&failure("a\0b", None), "a\0b");
    container.stop()?;
    is_about(&failure("true", None), "true");
    Ok(())
}

fn running() -> Outcome {
    let container = system().start()?;
    let mount = |mount: mount::Mount| container.mount(mount).expect_err("it can't be mounted");
    is_about(&mount(mount::Bind::new("/no/such", "/mnt").into()), "/no/such");
    is_about(&mount(mount::Bind::new("/etc", "/etc/passwd").into()), "/etc/passwd");
    is_about(&mount(mount::Tmpfs::new("/etc/passwd/t").into()), "/etc/passwd/t");
    let unmount = |path: &str| container.unmount(path).expect_err("nothing is mounted there");
    is_about(&unmount("/mnt"), "/mnt");
    is_about(&unmount("/"), "/");
    Ok(container.stop()?)
}

fn on_the_host() -> Outcome {
    let scratch = Scratch::new();
    let directory = |name: &str| -> Result<PathBuf, std::io::Error> {
        let path = scratch.join(name);
        fs::create_dir(&path)?;
        Ok(path)
    };
    let (here, lower, upper) = (directory("here")?, directory("lower")?, directory("upper")?);
    let bind = |source: &Path, destination: &Path| {
        let mut bind = BindMount::new(source, destination);
        bind.read_only(true).mount().map(drop).expect_err("it can't be mounted")
    };
    is_about(&bind(Path::new("/no/such"), &here), "/no/such");
    is_about(&bind(&here, Path::new("/no/such")), "/no/such");
    is_about(&bind(Path::new("/etc/passwd"), &here), &here);
    let overlay = |lower: &Path, upper: &Path, work: &Path| {
        let mut overlay = OverlayMount::new(&here);
        overlay.lower(lower).upper(upper, work);
        overlay.mount().map(drop).expect_err("it can't be mounted")
    };
    is_about(&overlay(Path::new("/no/lower"), &upper, &lower), "/no/lower");
    is_about(&overlay(&lower, Path::new("/no/upper"), &lower), "/no/upper");
    is_about(&overlay(&lower, &upper, Path::new("/no/work")), "/no/work");
    is_about(
        &OverlayMount::new(&here)
            .mount()
            .map(drop)
            .expect_err("it has no lower directory"),
        &here,
    );
    Ok(())
}

fn named() -> Outcome {
    let scratch = Scratch::new();
    let runtime = RuntimeDirectory::at(scratch.join("furnace"));
    let error = runtime.find("web").expect_err("there is none");
    is_about(&error, scratch.join("furnace/web.json"));
    fs::write(scratch.join("furnace"), "")?;
    is_about(
        &runtime.list().expect_err("it is no directory"),
        scratch.join("furnace"),
    );
    Ok(())
}

fn none() -> Outcome {
    let errors = [
        failure(Container::builder("/").hostname("")),
        Container::join(u32::MAX).expect_err("there is no such process"),
        RuntimeDirectory::at("/no/such").find("-").expect_err("it is no name"),
    ];
    for error in errors {
        assert_eq!(error.path(), None, "{}", whole(&error));
    }
    Ok(())
}
