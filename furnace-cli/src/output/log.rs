//! What happens, told on standard error as it does: the events of furnace-core, and what it takes long for.

use std::ffi::OsString;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};

use clap::builder::OsStringValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Args, Command, CommandFactory};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::args::Cli;
use crate::output::progress::Progress;
use crate::output::voice::{self, Happening, LogFormat};

/// Below the options of a subcommand itself.
const LAST: usize = 500;

/// How much is told on standard error, and how.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct LogArgs {
    /// Tell each step on standard error; with -vv also each request and each wait
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = LAST)]
    verbose: u8,

    /// How to write what is told on standard error
    ///
    /// With json, warnings, events and errors are one JSON object on a line each. It has `time` (in seconds since 1970),
    /// `level` (error, warn, info, debug or trace) and `message`. An event also has `fields`, an object of what more
    /// there is to know. An error of furnace itself also has `cause`, `step` (the line of furnace explain), `path` (with
    /// `path_hex`, its bytes in hexadecimal digits, if it is no UTF-8), `errno` and `remedy`, each null where there is
    /// none.
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        global = true,
        display_order = LAST
    )]
    log_format: LogFormat,
}

/// Begins to tell.
pub(crate) fn init(args: LogArgs) {
    voice::choose(args.log_format);
    let level = match args.verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let shows_progress = args.verbose == 0 && args.log_format == LogFormat::Text;
    let log = Log {
        level,
        progress: if shows_progress { Progress::on_terminal() } else { None },
        spans: AtomicU64::new(1),
    };
    // There is no other.
    let _ = tracing::subscriber::set_global_default(log);
}

/// As far as it can be told from a command line that makes no sense.
pub(crate) fn init_for(typed: &[OsString]) {
    if wants_json(typed.to_vec()) {
        voice::choose(LogFormat::Json);
    }
}

/// Whether the words ask for JSON, whatever is wrong with the others.
fn wants_json(mut words: Vec<OsString>) -> bool {
    let mut cli = Cli::command();
    // Else its subcommands would be defined only later.
    cli.build();
    let mut cli = content(cli);
    for subcommand in cli.get_subcommands_mut() {
        *subcommand = content(std::mem::take(subcommand));
    }
    loop {
        match cli.clone().try_get_matches_from(&words) {
            Ok(matches) => {
                let format = matches.get_one::<OsString>("log_format");
                return format.is_some_and(|format| format == "json");
            }
            Err(error) => {
                // The words before and after one that nobody knows make sense without it.
                let Some(place) = unknown(&error, &words) else {
                    return false;
                };
                words.remove(place);
            }
        }
    }
}

/// `command`, content with whatever is left out, and with any value.
fn content(command: Command) -> Command {
    let command = command.subcommand_required(false).arg_required_else_help(false);
    command.mut_args(|arg| {
        let arg = arg.required(false);
        match arg.get_action().takes_values() {
            true => arg.value_parser(OsStringValueParser::new()),
            false => arg,
        }
    })
}

/// Which of the words an error is about.
fn unknown(error: &clap::Error, words: &[OsString]) -> Option<usize> {
    let kinds = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
    let named = kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(word) => Some(word),
        _ => None,
    })?;
    // As it is typed, without what is told of its value: `--ephemeral[=<SIZE>]`.
    let name = named.split([' ', '=', '[']).next()?;
    let typed = |word: &OsString| word.to_string_lossy().split('=').next() == Some(name) || word == named.as_str();
    Some(words.iter().skip(1).position(typed)? + 1)
}

struct Log {
    level: LevelFilter,
    progress: Option<Progress>,
    /// The number of the next span.
    spans: AtomicU64,
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        match metadata.is_span() {
            true => self.progress.is_some() && *metadata.level() <= Level::INFO,
            false => *metadata.level() <= self.level,
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let of_spans = self.progress.as_ref().map(|_| LevelFilter::INFO);
        Some(of_spans.map_or(self.level, |level| level.max(self.level)))
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let number = self.spans.fetch_add(1, Ordering::Relaxed);
        if let Some(progress) = &self.progress {
            progress.name(number, span.metadata().name());
        }
        Id::from_u64(number)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, span: &Id) {
        if let Some(progress) = &self.progress {
            progress.begin(span.into_u64());
        }
    }

    fn exit(&self, span: &Id) {
        if let Some(progress) = &self.progress {
            progress.end(span.into_u64());
        }
    }

    fn try_close(&self, span: Id) -> bool {
        if let Some(progress) = &self.progress {
            progress.forget(span.into_u64());
        }
        true
    }

    fn event(&self, event: &Event<'_>) {
        let mut words = Words::default();
        event.record(&mut words);
        Happening {
            level: *event.metadata().level(),
            message: &words.message,
            fields: &words.fields,
        }
        .say();
    }
}

/// What an event says.
#[derive(Default)]
struct Words {
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Words {
    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.fields.push((field.name(), value.into()));
    }
}

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // A string takes whatever is written to it.
            let _ = write!(self.message, "{value:?}");
        } else {
            self.add(field, format!("{value:?}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }
}
