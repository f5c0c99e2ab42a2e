//! Manual pages, from the definitions of the command line.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::config::manual;

/// What each page says at its foot.
pub(crate) const SOURCE: &str = concat!("furnace ", env!("FURNACE_VERSION"));

/// Writes the page of each command that is to be seen into a directory, and furnace-config(5).
pub(super) fn write_all(cli: &Command, directory: &Path) -> io::Result<()> {
    write_page(cli, directory)?;
    for subcommand in cli.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        write_page(subcommand, directory)?;
    }
    manual::write(&mut File::create(directory.join(manual::FILE))?)
}

fn write_page(command: &Command, directory: &Path) -> io::Result<()> {
    let mut text = Vec::new();
    write(command, &mut text)?;
    fs::write(directory.join(Man::new(command.clone()).get_filename()), text)
}

/// Writes the page of a command, whose definition is complete.
pub(super) fn write(command: &Command, to: &mut dyn Write) -> io::Result<()> {
    let page = Man::new(command.clone()).source(SOURCE);
    page.render_title(to)?;
    page.render_name_section(to)?;
    page.render_synopsis_section(to)?;
    page.render_description_section(to)?;
    page.render_options_section(to)?;
    if command.get_subcommands().any(|subcommand| !subcommand.is_hide_set()) {
        page.render_subcommands_section(to)?;
    }
    let after = command.get_after_long_help().map(ToString::to_string);
    sections(&after.unwrap_or_default()).to_writer(to)
}

/// What the help ends with: a line that begins at the margin and ends with a colon is the title of what follows it, which
/// stays as it is laid out.
fn sections(after: &str) -> Roff {
    let mut page = Roff::new();
    let mut is_open = false;
    for line in after.lines() {
        let title = line.strip_suffix(':').filter(|title| !title.starts_with(' '));
        if let Some(title) = title {
            if is_open {
                page.control("fi", []);
            }
            page.control("SH", [title.to_uppercase().as_str()]);
            page.control("nf", []);
            is_open = true;
        } else {
            page.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
    }
    if is_open {
        page.control("fi", []);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::sections;

    #[test]
    fn titles_are_sections_and_the_rest_stays_as_it_is() {
        let page = sections("Examples:\n  A thing:\n      furnace -v\n\nExit status:\n  0  done\n  .5 odd");
        let text = page.to_roff();
        let titles: Vec<&str> = text.lines().filter(|line| line.starts_with(".SH")).collect();
        assert_eq!(titles, [".SH EXAMPLES", ".SH \"EXIT STATUS\""]);
        assert_eq!(text.matches(".nf").count(), text.matches(".fi").count());
        for line in ["A thing:", "    furnace \\-v", "0  done", "\\&.5 odd"] {
            assert!(text.lines().any(|there| there == line), "{line} in\n{text}");
        }
    }
}
