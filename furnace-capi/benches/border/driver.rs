//! Processes that do a round each time that they are told to.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::Result;

/// What start, run and stop took.
pub(crate) type Round = [Duration; 3];

pub(crate) struct Driver {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Driver {
    pub(crate) fn start(program: &mut Command) -> Result<Self> {
        let mut process = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = process.stdin.take().ok_or("no pipe")?;
        let answers = BufReader::new(process.stdout.take().ok_or("no pipe")?);
        Ok(Self {
            process,
            orders,
            answers,
        })
    }

    pub(crate) fn round(&mut self) -> Result<Round> {
        writeln!(self.orders)?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let times = answer.split_whitespace().map(str::parse);
        let times = times.collect::<std::result::Result<Vec<u64>, _>>()?;
        let [start, run, stop] = times[..] else {
            return Err(format!("a driver answers {answer:?}").into());
        };
        Ok([start, run, stop].map(Duration::from_nanos))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
