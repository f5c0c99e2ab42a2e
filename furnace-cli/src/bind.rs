//! `--bind` and `--bind-ro`: what of the host is shown where.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

const READ_WRITE: &str = "bind";
const READ_ONLY: &str = "bind-ro";

/// One `SRC[:DST]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bind {
    pub(crate) source: PathBuf,
    pub(crate) destination: Option<PathBuf>,
    pub(crate) read_only: bool,
}

impl Bind {
    fn parse(typed: &OsStr, read_only: bool) -> Result<Self, &'static str> {
        let (source, rest) = up_to_colon(typed.as_bytes())?;
        let destination = match rest {
            None => None,
            Some(rest) => match up_to_colon(rest)? {
                (destination, None) => Some(destination),
                (_, Some(_)) => return Err("there is more than one colon; type `\\:` for a colon in a path"),
            },
        };
        if source.is_empty() {
            return Err("the source is empty");
        }
        if destination.as_ref().is_some_and(|path| path.is_empty()) {
            return Err("the destination is empty");
        }
        Ok(Self {
            source: source.into(),
            destination: destination.map(PathBuf::from),
            read_only,
        })
    }
}

/// The path up to the first bare colon, and what follows that.
fn up_to_colon(typed: &[u8]) -> Result<(OsString, Option<&[u8]>), &'static str> {
    let mut path = Vec::new();
    let mut rest = typed;
    loop {
        rest = match rest {
            [] => return Ok((OsString::from_vec(path), None)),
            [b':', after @ ..] => return Ok((OsString::from_vec(path), Some(after))),
            [b'\\', plain @ (b':' | b'\\'), after @ ..] => {
                path.push(*plain);
                after
            }
            [b'\\', ..] => {
                return Err("a backslash is followed by neither `:` nor `\\`; type `\\\\` for one in a path");
            }
            [plain, after @ ..] => {
                path.push(*plain);
                after
            }
        };
    }
}

/// All binds, in the order in which they were typed: later ones lie over earlier ones, of whichever kind.
#[derive(Clone, Debug)]
pub(crate) struct Binds(pub(crate) Vec<Bind>);

impl Args for Binds {
    fn augment_args(command: Command) -> Command {
        let option = |name, read_only| {
            Arg::new(name)
                .long(name)
                .value_name("SRC[:DST]")
                .action(ArgAction::Append)
                .value_parser(OsStringValueParser::new().try_map(move |typed| Bind::parse(&typed, read_only)))
        };
        command
            .arg(
                option(READ_WRITE, false)
                    .help("Show SRC of the host at DST in the container; can be repeated")
                    .long_help(
                        "Show SRC of the host, a directory or a file, at DST in the container, with all that is \
                         mounted below it. Without DST it has the same absolute path in both. What is missing of DST \
                         is made. Type `\\:` for a colon in a path, and `\\\\` for a backslash.\n\n\
                         Can be repeated, and mixed with --bind-ro: later ones lie over earlier ones.",
                    ),
            )
            .arg(option(READ_ONLY, true).help("As --bind, but nothing can be changed through it; can be repeated"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Binds {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let of = |name| {
            let positions = matches.indices_of(name).into_iter().flatten();
            positions.zip(matches.get_many::<Bind>(name).into_iter().flatten())
        };
        let mut binds: Vec<_> = of(READ_WRITE).chain(of(READ_ONLY)).collect();
        binds.sort_by_key(|(position, _)| *position);
        Ok(Self(binds.into_iter().map(|(_, bind)| bind.clone()).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Bind;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    fn parse(typed: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), &'static str> {
        let bytes = |path: std::path::PathBuf| path.as_os_str().as_bytes().to_vec();
        let bind = Bind::parse(OsStr::from_bytes(typed), false)?;
        Ok((bytes(bind.source), bind.destination.map(bytes)))
    }

    fn both(source: &[u8], destination: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), &'static str> {
        Ok((source.to_vec(), Some(destination.to_vec())))
    }

    #[test]
    fn the_destination_may_be_left_out() {
        assert_eq!(parse(b"/a"), Ok((b"/a".to_vec(), None)));
        assert_eq!(parse(b"/a:/b"), both(b"/a", b"/b"));
    }

    #[test]
    fn colons_and_backslashes_are_escaped() {
        assert_eq!(parse(br"/a\:b:/c\\d"), both(b"/a:b", br"/c\d"));
        assert_eq!(parse(br"/a\\:/b"), both(br"/a\", b"/b"));
        assert_eq!(parse(br"/a\:"), Ok((b"/a:".to_vec(), None)));
    }

    #[test]
    fn other_bytes_are_themselves() {
        assert_eq!(parse(b"/a \n\xff:/\xfe"), both(b"/a \n\xff", b"/\xfe"));
    }

    #[test]
    fn what_has_two_meanings_is_refused() {
        for typed in [&b"/a:/b:ro"[..], b"/a:/b:", br"/a\n", br"/a\", br"/a:/b\"] {
            assert!(parse(typed).is_err(), "{}", typed.escape_ascii());
        }
    }

    #[test]
    fn no_path_is_empty() {
        for typed in [&b""[..], b":", b":/b", b"/a:"] {
            assert!(parse(typed).is_err(), "{}", typed.escape_ascii());
        }
    }
}
