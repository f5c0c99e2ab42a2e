//! Colours: on a terminal that has them, and never for those who have set NO_COLOR. Nothing else forces them.

use std::env;
use std::fmt;
use std::os::fd::AsFd;

use clap::builder::styling::{AnsiColor, Style};
use rustix::termios::isatty;

/// An error, or the answer no.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What to mind.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What helps, or the answer yes.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();

/// The title of a column.
pub(crate) const TITLE: Style = Style::new().bold();

/// Whether a stream gets colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paint(bool);

impl Paint {
    pub(crate) fn on(stream: impl AsFd) -> Self {
        Self(are_wanted() && isatty(stream))
    }

    pub(crate) fn has_colours(self) -> bool {
        self.0
    }

    /// `text` in `style`, if there are colours.
    pub(crate) fn paint<T: fmt::Display>(self, style: Style, text: T) -> Painted<T> {
        Painted {
            style: self.0.then_some(style),
            text,
        }
    }
}

/// Something with a style of its own; what is to be padded is padded without that.
#[derive(Debug)]
pub(crate) struct Painted<T> {
    style: Option<Style>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.style {
            Some(style) => {
                write!(f, "{style}")?;
                self.text.fmt(f)?;
                write!(f, "{style:#}")
            }
            None => self.text.fmt(f),
        }
    }
}

/// Whether the user wants colours, and the kind of terminal has them.
pub(crate) fn are_wanted() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && can_do_more_than_print()
}

/// Whether the kind of terminal is known to be more than a printer.
pub(crate) fn can_do_more_than_print() -> bool {
    env::var_os("TERM").is_some_and(|kind| !kind.is_empty() && kind != "dumb")
}

#[cfg(test)]
mod tests {
    use super::{BAD, Paint};

    #[test]
    fn colours_take_no_room() {
        assert_eq!(format!("{:<4}|", Paint(false).paint(BAD, "no")), "no  |");
        assert_eq!(
            format!("{:<4}|", Paint(true).paint(BAD, "no")),
            "\u{1b}[1m\u{1b}[31mno  \u{1b}[0m|"
        );
    }
}
