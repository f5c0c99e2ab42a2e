//! Overlays on overlays: containers in containers, where both have one.

use std::path::Path;

use furnace_core::Container;
use furnace_tests::{Memory, Need, Outcome, Root, test};
use libtest_mimic::{Failed, Trial};

use crate::inside::{system, whole};
use crate::overlays::quiet;
use crate::parts;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("an_ephemeral_container_in_an_ephemeral_one", &[Need::Root], two),
        test("a_third_overlay_explains_itself", &[Need::Root], three),
        test(
            "an_upper_directory_in_an_ephemeral_root_explains_itself",
            &[Need::Root],
            upper_inside,
        ),
    ]
}

const SELF: &str = "/run/furnace-test";

/// The whole system with this program in it; it runs the part `name` there.
fn inside(container: &Container, name: &str, arguments: &[&str]) -> Result<String, Failed> {
    let output = parts::command_inside(container, SELF, name).args(arguments).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn with_this_program() -> Result<Container, Failed> {
    let container = system().bind_ro(std::env::current_exe()?, SELF).start();
    container.map_err(|error| whole(&error).into())
}

/// Starts an ephemeral container; in that another, as long as it is told to; says what becomes of the last one.
pub(crate) fn nester() -> Outcome {
    let depth: u32 = parts::argument(1).parse()?;
    let started = system().bind_ro(SELF, SELF).start();
    let said = match started {
        Err(error) => format!("{:?}: {}", error.kind(), whole(&error)),
        Ok(container) if depth > 1 => inside(&container, "nester", &[&(depth - 1).to_string()])?,
        Ok(container) => {
            assert!(
                container
                    .command("sh")
                    .args(["-c", "echo > /etc/new"])
                    .status()?
                    .success()
            );
            assert!(!Path::new("/etc/new").exists());
            container.stop()?;
            "it works".to_owned()
        }
    };
    parts::say(&said)
}

fn two() -> Outcome {
    assert_eq!(inside(&with_this_program()?, "nester", &["1"])?, "it works");
    Ok(())
}

fn three() -> Outcome {
    let said = inside(&with_this_program()?, "nester", &["2"])?;
    // Where the machine's own root is an overlay, the second is too much already.
    assert!(said.contains("an overlay can't be stacked"), "{said}");
    Ok(())
}

/// Tries to keep changes in a directory that is on an overlay.
pub(crate) fn stacker() -> Outcome {
    std::fs::create_dir("/upper")?;
    let error = quiet("/usr").overlay("/upper").start().unwrap_err();
    parts::say(&format!("{:?}: {}", error.kind(), whole(&error)))
}

fn upper_inside() -> Outcome {
    let said = inside(&with_this_program()?, "stacker", &[])?;
    assert!(said.starts_with("Unsupported"), "{said}");
    assert!(
        said.contains("/upper") && said.contains("overlay") && said.contains("ext4"),
        "{said}"
    );
    // With an upper directory on a tmpfs that it is given, all is well.
    let (root, memory) = (Root::small(), Memory::new());
    let _container = quiet(&root).overlay(memory.directory("upper")).start()?;
    Ok(())
}
