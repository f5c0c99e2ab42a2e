//! Processes that do what they are told and say how long it took.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::root::Root;
use crate::{Result, caller, memory, yardstick};

/// A driver: a line of steps goes in, a line of nanoseconds comes out.
pub(crate) struct Driver {
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// How long one container took.
#[derive(Clone, Copy)]
pub(crate) struct Round {
    pub(crate) start: Duration,
    pub(crate) run: Duration,
    pub(crate) stop: Duration,
}

impl Driver {
    pub(crate) fn start(program: &mut Command) -> Result<Self> {
        let mut process = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        Ok(Self {
            orders: process.stdin.take(),
            answers: BufReader::new(process.stdout.take().ok_or("standard output is piped")?),
            process,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// One container, from start to stop. All steps are one order: the driver does not sleep between them.
    pub(crate) fn round(&mut self) -> Round {
        let [start, run, stop] = self.steps("start run stop");
        Round { start, run, stop }
    }

    /// The program that a round runs, spawned outside of any container. Only the yardstick knows this one.
    pub(crate) fn spawn(&mut self) -> Duration {
        let [spawn] = self.steps("spawn");
        spawn
    }

    /// Does the steps that `order` names. A driver that fails has said why, and there is nothing left to measure.
    pub(crate) fn steps<const N: usize>(&mut self, order: &str) -> [Duration; N] {
        let answer = self.ask(order).expect("a driver ended early");
        let times: Vec<_> = answer.split_whitespace().map(str::parse).collect();
        let times: [_; N] = times.try_into().expect("a time for each step");
        times.map(|nanoseconds| Duration::from_nanos(nanoseconds.expect("a number of nanoseconds")))
    }

    fn ask(&mut self, order: &str) -> std::io::Result<String> {
        if let Some(orders) = &mut self.orders {
            writeln!(orders, "{order}")?;
        }
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.orders.take());
        // The end of its orders ends it; how, it has said itself.
        let _ = self.process.wait();
    }
}

/// All that is measured.
pub(crate) struct Drivers {
    pub(crate) furnace: Driver,
    pub(crate) yardstick: Option<Driver>,
    /// Furnace, called from a process that holds two gibibytes.
    pub(crate) large: Option<Driver>,
}

impl Drivers {
    pub(crate) fn start(root: &Root) -> Result<Self> {
        let furnace = caller::start(root, 0)?;
        let yardstick = match yardstick::start(root) {
            Ok(driver) => Some(driver),
            Err(error) => {
                println!("SKIPPED, no yardstick and no posix_spawn to compare with: {error}");
                None
            }
        };
        let large = if memory::available()? < caller::LARGE_NEEDS {
            println!("SKIPPED, no large caller: less than 4 GiB of memory are available");
            None
        } else {
            Some(caller::start(root, caller::LARGE)?)
        };
        Ok(Self {
            furnace,
            yardstick,
            large,
        })
    }
}
