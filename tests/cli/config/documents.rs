//! What documents say of a file is true.

use std::fs;
use std::path::Path;

use furnace_tests::{Outcome, Root, Scratch, test};
use libtest_mimic::Trial;

use super::schema::schema;
use super::written;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        test("the_page_of_config_has_every_key", &[], page),
        test("the_config_of_the_readme_is_right", &[], readme),
    ]
}

fn accepts(text: &str) -> Outcome {
    let (root, scratch) = (Root::bare(), Scratch::new());
    let file = written(&scratch, text);
    let output = typed!["explain", "--json", "--config", file, root.path()].output();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{text}");
    assert!(output.status.success() && !output.stdout.is_empty(), "{text}");
    Ok(())
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap();
    rest.split_once(end).unwrap().0
}

fn page() -> Outcome {
    let scratch = Scratch::new();
    typed!["man", "--dir", scratch.path()].check()?;
    let page = fs::read_to_string(scratch.join("furnace-config.5"))?.replace('\\', "");
    for key in schema()["properties"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("\nfB{key}fR = ")), "{key} in {page}");
    }
    accepts(between(&page, ".nf\n", ".fi\n"))
}

fn readme() -> Outcome {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md"))?;
    accepts(between(&readme, "```toml\n", "```\n"))
}
