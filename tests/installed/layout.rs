//! What is installed where, and removed again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use furnace_tests::{Outcome, Scratch, test};
use libtest_mimic::Trial;

use crate::installation::{TO_COMPILE, install_sh, pkg_config, prefix, run};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("everything_is_installed_below_destdir", &TO_COMPILE, below_destdir),
        test("directories_can_be_chosen", &TO_COMPILE, chosen),
        test("a_prefix_with_a_space", &TO_COMPILE, space),
        test("uninstalling_leaves_what_is_not_ours", &TO_COMPILE, uninstall),
        test("nonsense_is_refused_before_anything_is_done", &TO_COMPILE, nonsense),
        test("pkg_config_knows_version_and_flags", &TO_COMPILE, flags),
    ]
}

const LAYOUT: &[(&str, &str)] = &[
    ("bin/furnace", "755"),
    ("include/furnace.h", "644"),
    ("include/furnace.hpp", "644"),
    ("lib/libfurnace.a", "644"),
    ("lib/libfurnace.so", "-> libfurnace.so.0.1.0"),
    ("lib/libfurnace.so.0.1", "-> libfurnace.so.0.1.0"),
    ("lib/libfurnace.so.0.1.0", "755"),
    ("lib/pkgconfig/furnace.pc", "644"),
    ("share/bash-completion/completions/furnace", "644"),
    ("share/fish/vendor_completions.d/furnace.fish", "644"),
    ("share/furnace/installed", "644"),
    ("share/zsh/site-functions/_furnace", "644"),
];

/// Everything below a directory but directories: mode, or where a link leads.
fn files(top: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut directories = vec![top.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                directories.push(entry.path());
                continue;
            }
            let about = match kind.is_symlink() {
                true => format!("-> {}", fs::read_link(entry.path()).unwrap().display()),
                false => format!("{:o}", entry.metadata().unwrap().permissions().mode() & 0o7777),
            };
            let path = entry.path().strip_prefix(top).unwrap().display().to_string();
            found.insert(path, about);
        }
    }
    found
}

fn below_destdir() -> Outcome {
    let scratch = Scratch::new();
    run(install_sh("all").env("PREFIX", "/usr").env("DESTDIR", scratch.path()))?;
    assert_eq!(fs::read_dir(scratch.path())?.count(), 1);

    let mut found = files(&scratch.join("usr"));
    let pages: Vec<String> = found
        .keys()
        .filter(|path| path.starts_with("share/man/"))
        .cloned()
        .collect();
    for page in ["share/man/man1/furnace.1", "share/man/man1/furnace-run.1"] {
        assert!(pages.iter().any(|path| path == page), "{page} is not among {pages:?}");
    }
    for page in pages {
        let section = &page["share/man/man".len()..][..1];
        assert!(page.ends_with(&format!(".{section}")), "{page}");
        assert_eq!(found.remove(&page).as_deref(), Some("644"), "{page}");
    }
    let meant = LAYOUT
        .iter()
        .map(|(path, about)| ((*path).to_owned(), (*about).to_owned()));
    assert_eq!(found, meant.collect());

    let pc = fs::read_to_string(scratch.join("usr/lib/pkgconfig/furnace.pc"))?;
    assert!(pc.starts_with("prefix=/usr\n"), "{pc}");
    assert!(!pc.contains(&scratch.path().display().to_string()), "{pc}");

    // As for root, who has no cargo; and with a path from where one stands.
    let mut uninstall = install_sh("uninstall");
    uninstall
        .env("PREFIX", "/usr")
        .env("DESTDIR", ".")
        .env("CARGO", "no-such-cargo");
    run(uninstall.current_dir(scratch.path()))?;
    assert_eq!(files(scratch.path()), BTreeMap::new());
    Ok(())
}

fn chosen() -> Outcome {
    let scratch = Scratch::new();
    let mut install = install_sh("install");
    install.env("PREFIX", "/opt/furnace").env("DESTDIR", scratch.path());
    // Root may have none.
    install.env("CARGO", "no-such-cargo");
    install
        .env("LIBDIR", "/opt/furnace/lib64")
        .env("INCLUDEDIR", "/usr/include/furnace");
    run(&mut install)?;

    let found = files(scratch.path());
    for file in ["opt/furnace/lib64/libfurnace.so.0.1", "usr/include/furnace/furnace.hpp"] {
        assert!(found.contains_key(file), "{file} is not among {found:?}");
    }
    let pc = fs::read_to_string(scratch.join("opt/furnace/lib64/pkgconfig/furnace.pc"))?;
    assert!(
        pc.contains("libdir=${prefix}/lib64\nincludedir=/usr/include/furnace\n"),
        "{pc}"
    );
    Ok(())
}

fn space() -> Outcome {
    let scratch = Scratch::new();
    let prefix = scratch.join("a prefix");
    run(install_sh("install").env("PREFIX", &prefix))?;
    let mut told = std::process::Command::new("pkg-config");
    told.args(["--cflags", "--libs", "furnace"])
        .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    let flags = String::from_utf8(run(&mut told)?.stdout)?;
    let include = format!("-I{}\\ prefix/include", scratch.join("a").display());
    assert!(flags.contains(&include), "{flags}");
    run(install_sh("uninstall").env("PREFIX", &prefix))?;
    assert_eq!(files(&prefix), BTreeMap::new());
    Ok(())
}

fn uninstall() -> Outcome {
    let scratch = Scratch::new();
    let mut install = install_sh("install");
    run(install.env("PREFIX", scratch.path()))?;
    // An installation over another is one installation.
    run(&mut install)?;
    let others = [
        "lib/libfurnace.so.0.0.9",
        "include/furnace_of_another.h",
        "share/man/man1/furnace-of-another.1",
    ];
    for file in others {
        fs::write(scratch.join(file), "")?;
    }
    run(install_sh("uninstall").env("PREFIX", scratch.path()))?;
    let mut left: Vec<String> = files(scratch.path()).into_keys().collect();
    left.sort_by_key(|path| others.iter().position(|other| other == path));
    assert_eq!(left, others);

    let twice = install_sh("uninstall").env("PREFIX", scratch.path()).output()?;
    assert!(!twice.status.success());
    assert!(String::from_utf8(twice.stderr)?.contains("nothing is installed"));
    Ok(())
}

fn nonsense() -> Outcome {
    let scratch = Scratch::new();
    for (action, prefix) in [("install", "relative"), ("install", "/two\n/lines"), ("instal", "/usr")] {
        let mut install = install_sh(action);
        let output = install.env("PREFIX", prefix).env("DESTDIR", scratch.path()).output()?;
        assert!(!output.status.success(), "{action} {prefix}");
        assert_eq!(files(scratch.path()), BTreeMap::new());
    }
    Ok(())
}

fn flags() -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(pkg_config(&["--modversion"])?, [version]);
    assert_eq!(pkg_config(&["--validate"])?, [""; 0]);
    let (include, lib) = (prefix().join("include"), prefix().join("lib"));
    assert_eq!(
        pkg_config(&["--cflags", "--libs"])?,
        [
            format!("-I{}", include.display()),
            format!("-L{}", lib.display()),
            "-lfurnace".to_owned()
        ]
    );
    let header = fs::read_to_string(include.join("furnace.h"))?;
    for (name, number) in ["MAJOR", "MINOR", "PATCH"].iter().zip(version.split('.')) {
        let define = format!("#define FURNACE_VERSION_{name} {number}");
        assert!(header.lines().any(|line| line == define), "{define}");
    }
    Ok(())
}
