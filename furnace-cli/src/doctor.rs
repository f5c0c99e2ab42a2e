//! `furnace doctor`: what this machine allows, and what to do about what it does not.

use std::io::{self, Write};

use clap::Args;
use furnace_core::doctor::{Check, Outcome, Report, examine};
use rustix::stdio::stdout;
use serde::Serialize;

use crate::exit::Exit;
use crate::output;
use crate::output::colour::{self, Paint, Painted};
use crate::output::report::Failure;

const EXAMPLES: &str = "\
Each check ends with one of:
  yes   it is there
  root  it takes privileges that you lack, such as root has
  no    it is not there

JSON:
  With --json each check is one JSON object on a line of its own:
  name      what it is; stable from version to version, and unique
  purpose   what it is for
  outcome   \"yes\", \"root\" or \"no\"
  how       how that was found out, in words
  remedy    what to do about it, in words, or null where nothing has to be done
  required  whether no container can be without it

Exit status:
  0    furnace run works
  1    furnace run can't work: a required check does not say yes
  125  the checks could not be told";

#[derive(Args, Debug)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// Tell the checks as JSON, one object a line
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    purpose: &'a str,
    outcome: &'static str,
    how: &'a str,
    remedy: Option<&'a str>,
    required: bool,
}

impl<'a> From<&'a Check> for Line<'a> {
    fn from(check: &'a Check) -> Self {
        Self {
            name: check.name,
            purpose: check.purpose,
            outcome: match check.outcome {
                Outcome::Yes => "yes",
                Outcome::Privileged => "root",
                Outcome::No => "no",
            },
            how: &check.how,
            remedy: check.remedy,
            required: check.is_required,
        }
    }
}

pub(crate) fn doctor(args: &DoctorArgs) -> Result<Exit, Failure> {
    let report = examine();
    output::write(|to| match args.json {
        true => report
            .iter()
            .try_for_each(|check| output::write_json(to, &Line::from(check))),
        false => tell(to, &report),
    })?;
    Ok(match report.can_start() {
        true => Exit::Success,
        false => Exit::Unable,
    })
}

/// The answer, in its colour.
fn answer(paint: Paint, outcome: Outcome) -> Painted<Outcome> {
    let style = match outcome {
        Outcome::Yes => colour::GOOD,
        Outcome::Privileged => colour::WARNING,
        Outcome::No => colour::BAD,
    };
    paint.paint(style, outcome)
}

fn tell(to: &mut dyn Write, report: &Report) -> io::Result<()> {
    let (required, optional): (Vec<&Check>, Vec<&Check>) = report.iter().partition(|check| check.is_required);
    writeln!(to, "What every container needs:")?;
    tell_each(to, &required)?;
    writeln!(to, "\nWhat some need:")?;
    tell_each(to, &optional)?;
    writeln!(to)?;
    let privileged = report.iter().find(|check| check.outcome == Outcome::Privileged);
    if let Some(remedy) = privileged.and_then(|check| check.remedy) {
        writeln!(to, "Where it says root: {remedy}.")?;
    }
    match required.iter().filter(|check| !check.outcome.is_yes()).count() {
        0 => writeln!(to, "furnace run works here."),
        unmet => writeln!(
            to,
            "furnace run can't work here: of {} things that every container needs, {unmet} do not say yes.",
            required.len()
        ),
    }
}

fn tell_each(to: &mut dyn Write, checks: &[&Check]) -> io::Result<()> {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let paint = Paint::on(stdout());
    for check in checks {
        let answer = answer(paint, check.outcome);
        writeln!(to, "  {answer:<4}  {:width$}  {}", check.name, check.how)?;
        // What helps against the lack of privileges is the same each time, and told in the end.
        if let (Outcome::No, Some(remedy)) = (check.outcome, check.remedy) {
            let help = paint.paint(colour::GOOD, "help:");
            writeln!(to, "        for: {}\n        {help} {remedy}", check.purpose)?;
        }
    }
    Ok(())
}
