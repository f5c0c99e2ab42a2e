//! How a program in C gets to the library: compiled with it, in every way that there is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use furnace_tests::{include, libfurnace};

/// What a program is compiled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// With the shared library.
    Shared,
    /// With the shared library, itself under AddressSanitizer and UndefinedBehaviorSanitizer.
    Sanitized,
    /// With the archive, the rest being shared.
    Archive,
    /// One file with everything in it.
    Static,
    /// With nothing of the library: it looks for that itself.
    Alone,
}

/// All warnings that compilers of users' programs may have on.
const STRICT: [&str; 7] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1", "-g", "-pthread"];

/// Compiles a program in C to `directory/name`.
pub(crate) fn compile(directory: &Path, name: &str, source: &Path, build: Build) -> PathBuf {
    let program = directory.join(name);
    let library = libfurnace();
    let mut compiler = Command::new("cc");
    compiler
        .args(STRICT)
        .args(["-std=gnu11", "-D_GNU_SOURCE", "-I"])
        .arg(include());
    compiler
        .arg("-I")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/capi/programs"));
    if build == Build::Sanitized {
        compiler.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
    }
    compiler.arg("-o").arg(&program).arg(source);
    match build {
        Build::Shared | Build::Sanitized => {
            let mut found_at_run_time = OsString::from("-Wl,-rpath,");
            found_at_run_time.push(library);
            compiler.arg("-L").arg(library).arg("-lfurnace").arg(found_at_run_time);
        }
        // What rustc says that the archive needs: `--print native-static-libs`.
        Build::Archive => {
            let others = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"];
            compiler.arg(library.join("libfurnace.a")).args(others);
        }
        Build::Static => {
            compiler.arg("-static").arg(library.join("libfurnace.a"));
        }
        Build::Alone => {}
    }
    done(compiler.args(["-ldl", "-lutil"]));
    program
}

/// Runs a program under valgrind, which has to find no error and no leak in it. Of the kernel calls that make a
/// container valgrind 3.19 knows none (pidfd_open, openat2, clone3 and the mount calls), and answers with ENOSYS: so
/// these are programs that need no container.
pub(crate) fn under_valgrind(program: &Path) -> Command {
    let mut valgrind = Command::new("valgrind");
    valgrind.args([
        "--quiet",
        "--leak-check=full",
        "--errors-for-leak-kinds=definite,indirect,possible",
    ]);
    valgrind
        .args(["--error-exitcode=99", "--child-silent-after-fork=yes"])
        .arg(program);
    valgrind
}

/// Runs a command that has to succeed.
pub(crate) fn done(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let told = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}\n{}",
        output.status,
        told[0],
        told[1]
    );
    output
}
