//! Whether a container in a strange root is what a container has to be, or its error what an error has to be.

use std::path::Path;
use std::time::Duration;

use furnace_core::{Builder, Container, Error, ErrorKind, Phase, Stdio};
use furnace_tests::{Root, Scratch, compile_c};

/// The program that looks around inside, to be copied into root directories.
pub(crate) struct Looker(Scratch);

/// Where it is in a root directory: not in `/bin`, which something may be mounted over.
const PLACE: &str = "right";

impl Looker {
    pub(crate) fn new() -> Self {
        let scratch = Scratch::new();
        let _ = compile_c(scratch.path(), PLACE, include_str!("programs/right.c"));
        Self(scratch)
    }

    /// A root directory with nothing else in it.
    pub(crate) fn root(&self) -> Root {
        let root = Root::bare();
        self.install(root.path());
        root
    }

    /// One that can be told from others, by what its file `name` says.
    pub(crate) fn named_root(&self) -> Root {
        let root = self.root();
        std::fs::write(root.join("name"), "the root").unwrap();
        root
    }

    pub(crate) fn install(&self, root: &Path) {
        std::fs::copy(self.0.join(PLACE), root.join(PLACE)).unwrap();
    }

    /// What it reads in `files`, if all the rest is right.
    pub(crate) fn look(&self, container: &Container, files: &[&str]) -> Result<String, String> {
        let mut command = container.command(Path::new("/").join(PLACE));
        command.args(files).env_clear().stdin(Stdio::null());
        let output = command.output().map_err(|error| whole(&error))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(said)
        } else {
            Err(format!("inside, {}: {said}", output.status))
        }
    }
}

/// How it went.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It started, was right, and showed this.
    Right(String),
    /// It did not start, and said why.
    Explained(Error),
}

/// Starts, looks, and stops. It may fail only with an error that names one of `culprits` and says what helps.
pub(crate) fn judge(
    builder: &mut Builder,
    looker: &Looker,
    files: &[&str],
    culprits: &[&str],
    while_it_runs: impl FnOnce() -> Result<(), String>,
) -> Result<Verdict, String> {
    let started = builder.tmpfiles(false).time_limit(Duration::from_secs(20)).start();
    let container = match started {
        Ok(container) => container,
        Err(error) => {
            explains(&error, culprits)?;
            return Ok(Verdict::Explained(error));
        }
    };
    let shown = looker.look(&container, files)?;
    while_it_runs()?;
    container.stop().map_err(|error| whole(&error))?;
    Ok(Verdict::Right(shown))
}

/// Whether an error is one to show to people.
pub(crate) fn explains(error: &Error, culprits: &[&str]) -> Result<(), String> {
    let text = error.to_string();
    let names = culprits.iter().any(|culprit| text.contains(culprit));
    let early = matches!(error.phase(), Phase::Start | Phase::Configure);
    let says_why = std::error::Error::source(error).is_some() && error.remedy().is_some();
    if names && early && says_why && error.kind() != ErrorKind::TimedOut {
        Ok(())
    } else {
        Err(format!("{} does not explain {culprits:?}", whole(error)))
    }
}

/// An error with its cause and what helps.
pub(crate) fn whole(error: &Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    format!(
        "{error}: {cause:?} ({:?}, {:?}; {:?})",
        error.phase(),
        error.kind(),
        error.remedy()
    )
}
