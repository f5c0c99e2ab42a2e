//! All that is mounted in the container, of whichever kind.

use std::ffi::OsString;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueHint};
use furnace_core::Builder;

use crate::options::bind::{self, Bind};
use crate::options::file::{self, File};
use crate::options::tmpfs::{self, Tmpfs};
use crate::output::escape::escaped_path;
use crate::output::report::Failure;

const HEADING: &str = "Mounts";

/// One mount.
#[derive(Clone, Debug)]
enum Mount {
    Bind(Bind),
    Tmpfs(Tmpfs),
    File(File),
}

/// All mounts, in the order in which they were typed: later ones lie over earlier ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mounts(Vec<Mount>);

/// An option that mounts something.
struct Kind {
    name: &'static str,
    form: &'static str,
    /// What of the host it begins with.
    hint: ValueHint,
    parse: fn(OsString) -> Result<Mount, String>,
    help: &'static str,
    long_help: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "bind",
        form: bind::FORM,
        hint: ValueHint::AnyPath,
        parse: |typed| Bind::parse(&typed, false).map(Mount::Bind),
        help: "Show SRC of the host at DST in the container; can be repeated",
        long_help: "\
Show SRC of the host, a directory or a file, at DST in the container, with all that is mounted below it. Without DST it \
has the same absolute path in both. What is missing of DST is made. Type `\\:` for a colon in a path, and `\\\\` for a \
backslash.

FLAGS are separated by commas:
  ro       nothing can be changed through it, nor through any mount below it
  nosuid   set-user-id bits and file capabilities do nothing there
  nodev    device nodes can't be opened there
  noexec   nothing can be executed there
  norec    without what is mounted below it
  slave    mounts that the host makes below it later are seen
  private  they are not; the default with ro, without it as --propagation says
  idmap=HOST-INSIDE[-COUNT]
           what belongs to the host's user HOST is shown as belonging to user
           INSIDE, and what INSIDE creates belongs to HOST; groups likewise. With
           COUNT, so many ids from there on. Repeat it for more. What belongs to
           anybody else is shown as nobody's, and can't be changed

Can be repeated, and mixed with --bind-ro, --tmpfs and --file: later ones lie over earlier ones.",
    },
    Kind {
        name: "bind-ro",
        form: bind::FORM,
        hint: ValueHint::AnyPath,
        parse: |typed| Bind::parse(&typed, true).map(Mount::Bind),
        help: "As --bind with the flag ro; can be repeated",
        long_help: "As --bind with the flag ro: nothing can be changed through it. Can be repeated.",
    },
    Kind {
        name: "tmpfs",
        form: tmpfs::FORM,
        hint: ValueHint::Other,
        parse: |typed| Tmpfs::parse(&typed).map(Mount::Tmpfs),
        help: "Mount an empty file system in memory at DST; can be repeated",
        long_help: "\
Mount an empty file system in memory at DST. It is gone with the container. Set-user-id bits and device nodes do \
nothing on it.

OPTIONS are separated by commas:
  size=SIZE  how much it can hold: bytes, or K, M, G or T of them, or a part of the
             memory [default: 50%]
  mode=MODE  that of its root directory, in octal [default: 755]
  uid=UID    the user that its root directory belongs to, by number [default: 0]
  gid=GID    the group [default: 0]
  noexec     nothing can be executed on it

Can be repeated.",
    },
    Kind {
        name: "file",
        form: file::FORM,
        hint: ValueHint::FilePath,
        parse: |typed| File::parse(&typed).map(Mount::File),
        help: "Put a copy of SRC, in memory and read-only, at DST; can be repeated",
        long_help: "\
Put a read-only copy of SRC at DST in the container, such as a secret, or another /etc/hosts. SRC is read once, to its \
end, before the container starts; the copy is in memory and never on a disk, and gone with the container. SRC is any \
path that can be read, also a pipe, as in `--file <(pass show key):/run/key`; or `-`, the standard input, which is then \
at its end for the command. It may have 64 MiB.

OPTIONS are separated by commas:
  mode=MODE  its mode, in octal [default: 444]; whatever it is, nobody can write to it
  uid=UID    the user that it belongs to, by number [default: 0]
  gid=GID    the group [default: 0]

Can be repeated.",
    },
];

impl Mounts {
    /// Whether the standard input is read for any.
    pub(crate) fn read_stdin(&self) -> bool {
        self.of_stdin().next().is_some()
    }

    fn of_stdin(&self) -> impl Iterator<Item = &Mount> {
        let mounts = self.0.iter();
        mounts.filter(|mount| matches!(mount, Mount::File(file) if file.is_of_stdin()))
    }

    /// Tells the library of each, once it is known what they are on this machine.
    pub(crate) fn add_to(&self, builder: &mut Builder) -> Result<(), Failure> {
        if self.of_stdin().count() > 1 {
            return Err(Failure::Other {
                why: "cannot take two files from the standard input (--file -)".to_owned(),
                help: Some("it can be read once; name files or pipes for the others"),
            });
        }
        for mount in &self.0 {
            match mount {
                Mount::Bind(bind) => {
                    let failed = Failure::system("cannot tell the working directory");
                    builder.mount(bind.mount().map_err(failed)?)
                }
                Mount::Tmpfs(tmpfs) => builder.mount(tmpfs.mount()),
                Mount::File(file) => {
                    let failed = {
                        let source = file.source();
                        Failure::system_on(source, format!("cannot read {} for --file", escaped_path(source)))
                    };
                    builder.mount(file.mount().map_err(failed)?)
                }
            };
        }
        Ok(())
    }
}

impl Args for Mounts {
    fn augment_args(command: Command) -> Command {
        KINDS.iter().fold(command, |command, kind| {
            command.arg(
                Arg::new(kind.name)
                    .long(kind.name)
                    .value_name(kind.form)
                    .value_hint(kind.hint)
                    .help_heading(HEADING)
                    .action(ArgAction::Append)
                    // Its source may be `-`.
                    .allow_hyphen_values(kind.form == file::FORM)
                    .value_parser(OsStringValueParser::new().try_map(kind.parse))
                    .help(kind.help)
                    .long_help(kind.long_help),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Mounts {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut mounts: Vec<(usize, &Mount)> = KINDS
            .iter()
            .flat_map(|kind| {
                let positions = matches.indices_of(kind.name).into_iter().flatten();
                positions.zip(matches.get_many::<Mount>(kind.name).into_iter().flatten())
            })
            .collect();
        mounts.sort_by_key(|(position, _)| *position);
        Ok(Self(mounts.into_iter().map(|(_, mount)| mount.clone()).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
