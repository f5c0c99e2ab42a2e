//! CMake and Meson projects find the installation by pkg-config, and nothing else.

use furnace_tests::{Need, Outcome, Root, test};
use libtest_mimic::Trial;

use crate::installation::{TO_COMPILE, command, copy_of, prefix, run};

pub(crate) fn trials() -> Vec<Trial> {
    let needs = |programs: [&'static str; 3]| {
        let programs = programs.map(Need::Program);
        [&TO_COMPILE[..], &[Need::Root, Need::Program("g++")], &programs].concat()
    };
    vec![
        test("cmake_finds_it", &needs(["cmake", "make", "sh"]), cmake),
        test("meson_finds_it", &needs(["meson", "ninja", "sh"]), meson),
    ]
}

/// Runs what was built, by the path that the build system gave it.
fn greets(directory: &std::path::Path) -> Outcome {
    let root = Root::small();
    for (program, greeting) in [("hello-c", "hello from C\n"), ("hello-cpp", "hello from C++\n")] {
        let mut hello = std::process::Command::new(directory.join(program));
        let output = run(hello.arg(root.path()).env_remove("LD_LIBRARY_PATH"))?;
        assert_eq!(String::from_utf8(output.stdout)?, greeting);
    }
    Ok(())
}

fn cmake() -> Outcome {
    let project = copy_of("project")?;
    let build = project.join("build");
    // As its comment says, instead of PKG_CONFIG_PATH.
    let mut configure = std::process::Command::new("cmake");
    configure
        .arg("-S")
        .arg(project.path())
        .arg("-B")
        .arg(&build)
        .arg("-G")
        .arg("Unix Makefiles");
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix().display()));
    configure
        .arg("-DCMAKE_C_FLAGS=-Wall -Wextra -Werror")
        .arg("-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror");
    run(configure.env_remove("PKG_CONFIG_PATH"))?;
    run(std::process::Command::new("cmake").arg("--build").arg(&build))?;
    greets(&build)
}

fn meson() -> Outcome {
    let project = copy_of("project")?;
    let build = project.join("build");
    run(command("meson").arg("setup").arg(&build).arg(project.path()))?;
    run(command("meson").arg("compile").arg("-C").arg(&build))?;
    greets(&build)
}
