//! What furnace-core does, told on standard error.

use std::fmt;
use std::io;

use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Tells warnings, or with `verbose` each step.
pub(crate) fn init(verbose: bool) {
    tracing_subscriber::fmt()
        .with_max_level(if verbose { LevelFilter::DEBUG } else { LevelFilter::WARN })
        .with_writer(io::stderr)
        // It would complain on standard error that standard error is closed.
        .log_internal_errors(false)
        .event_format(Line)
        .init();
}

/// An event as one line, in the form of this program's other messages.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        writer.write_str("furnace: ")?;
        match *event.metadata().level() {
            Level::ERROR => writer.write_str("error: ")?,
            Level::WARN => writer.write_str("warning: ")?,
            _ => {}
        }
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
