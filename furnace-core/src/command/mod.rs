//! A command to run in a container: what it is, and how it is started.

mod dispositions;
mod environment;
mod lookup;

use std::ffi::{CString, OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{ExitStatus, Output};
use std::sync::Arc;

use furnace_sys::fork_server::COMMAND_DESCRIPTORS_MAX;
use furnace_sys::request::Request;

use rustix::stdio::{stderr, stdin, stdout};

use crate::child::Child;
use crate::container::running::{Running, SpawnFailure};
use crate::container::terminal::Terminal;
use crate::error::escape::escaped;
use crate::error::remedy;
use crate::error::{Attempt, Error, ErrorKind, Phase, Result, errno_of};
use crate::stdio::{Direction, Stdio, Stream, inheritable};
use crate::users::User;
use dispositions::Dispositions;
use environment::Environment;

/// A command to run in a container, as [`std::process::Command`]: it can be spawned any number of times.
///
/// Setters never fail; what makes no sense, such as a NUL byte in an argument, is told when it is spawned. Unless
/// changed, a command has the caller's environment and standard streams, the working directory `/`, and the caller's
/// user and groups. It has no other descriptor of the caller's.
///
/// ```no_run
/// # fn main() -> furnace_core::Result<()> {
/// # let container = furnace_core::Container::builder("/srv/debian").start()?;
/// let output = container.command("ls").arg("/bin").current_dir("/usr").output()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Command {
    container: Arc<Running>,
    program: OsString,
    arg0: Option<OsString>,
    args: Vec<OsString>,
    environment: Environment,
    directory: Option<OsString>,
    stdin: Option<Stdio>,
    stdout: Option<Stdio>,
    stderr: Option<Stdio>,
    descriptors: Vec<(i32, OwnedFd)>,
    uid: Option<u32>,
    gid: Option<u32>,
    groups: Option<Vec<u32>>,
    process_group: Option<i32>,
    new_session: bool,
    terminal: Option<Arc<OwnedFd>>,
    umask: Option<u32>,
    signals: Dispositions,
}

impl Command {
    pub(crate) fn new(container: Arc<Running>, program: &OsStr) -> Self {
        Self {
            container,
            program: program.to_owned(),
            arg0: None,
            args: Vec::new(),
            environment: Environment::default(),
            directory: None,
            stdin: None,
            stdout: None,
            stderr: None,
            descriptors: Vec::new(),
            uid: None,
            gid: None,
            groups: None,
            process_group: None,
            new_session: false,
            terminal: None,
            umask: None,
            signals: Dispositions::default(),
        }
    }

    /// Adds an argument.
    pub fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(&mut self, args: impl IntoIterator<Item = S>) -> &mut Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// What the command is told that its name is, instead of the program's.
    pub fn arg0(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.arg0 = Some(name.as_ref().to_owned());
        self
    }

    /// Sets an environment variable.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.environment.set(name.as_ref(), value.as_ref());
        self
    }

    /// Sets environment variables.
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(&mut self, variables: impl IntoIterator<Item = (N, V)>) -> &mut Self {
        for (name, value) in variables {
            self.environment.set(name.as_ref(), value.as_ref());
        }
        self
    }

    /// Removes an environment variable, be it inherited or set before.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.environment.remove(name.as_ref());
        self
    }

    /// Removes all environment variables.
    pub fn env_clear(&mut self) -> &mut Self {
        self.environment.clear();
        self
    }

    /// The working directory, as seen in the container; a relative one is relative to `/`. It is entered as the
    /// command's user, and never through a link of `/proc` that leads to an open descriptor.
    pub fn current_dir(&mut self, directory: impl AsRef<Path>) -> &mut Self {
        self.directory = Some(directory.as_ref().as_os_str().to_owned());
        self
    }

    /// Where standard input comes from: by default from the caller's, or from nowhere for [`output`](Self::output).
    pub fn stdin(&mut self, stdio: impl Into<Stdio>) -> &mut Self {
        self.stdin = Some(stdio.into());
        self
    }

    /// Where standard output goes: by default to the caller's, or into the [`Output`] for [`output`](Self::output).
    pub fn stdout(&mut self, stdio: impl Into<Stdio>) -> &mut Self {
        self.stdout = Some(stdio.into());
        self
    }

    /// Where standard error goes: by default to the caller's, or into the [`Output`] for [`output`](Self::output).
    pub fn stderr(&mut self, stdio: impl Into<Stdio>) -> &mut Self {
        self.stderr = Some(stdio.into());
        self
    }

    /// Gives the command a descriptor at the number `number`, 3 or more. Up to 252 can be given, the standard streams
    /// included.
    pub fn descriptor(&mut self, number: i32, descriptor: impl Into<OwnedFd>) -> &mut Self {
        self.descriptors.push((number, descriptor.into()));
        self
    }

    /// The user id to run as. Supplementary groups are dropped, unless set by [`groups`](Self::groups).
    pub fn uid(&mut self, uid: u32) -> &mut Self {
        self.uid = Some(uid);
        self
    }

    /// The group id to run as.
    pub fn gid(&mut self, gid: u32) -> &mut Self {
        self.gid = Some(gid);
        self
    }

    /// The supplementary groups to have, exactly.
    pub fn groups(&mut self, groups: &[u32]) -> &mut Self {
        self.groups = Some(groups.to_owned());
        self
    }

    /// The user to run as, with group and supplementary groups. For one that was looked up by name, `HOME`, `SHELL`, `USER`
    /// and `LOGNAME` are set as su(1) sets them.
    pub fn user(&mut self, user: &User) -> &mut Self {
        if let Some(name) = &user.name {
            self.env("HOME", &user.home).env("SHELL", &user.shell);
            self.env("USER", name).env("LOGNAME", name);
        }
        self.uid(user.uid).gid(user.gid).groups(&user.groups)
    }

    /// The process group to join, by its id as the caller sees it; 0 for a new one. See setpgid(2).
    pub fn process_group(&mut self, group: i32) -> &mut Self {
        self.process_group = Some(group);
        self
    }

    /// Whether the command leads a new session, without a controlling terminal: then neither `kill(0, …)` inside nor
    /// the caller's terminal reach across. See setsid(2).
    pub fn new_session(&mut self, new: bool) -> &mut Self {
        self.new_session = new;
        self
    }

    /// The file mode creation mask (umask(2)), of which only the lowest nine bits count. By default it is what the caller
    /// had when the container was started.
    pub fn umask(&mut self, mask: u32) -> &mut Self {
        self.umask = Some(mask & 0o777);
        self
    }

    /// Lets the command begin with a signal ignored (signal(7)), as nohup(1) does with SIGHUP.
    ///
    /// Without this and [`default_signal`](Self::default_signal) it ignores what the caller ignored when the container was
    /// started, but for SIGPIPE and SIGCHLD.
    pub fn ignore_signal(&mut self, signal: i32) -> &mut Self {
        self.signals.ignore(signal);
        self
    }

    /// Lets the command begin with the default action of a signal (signal(7)), even if the caller ignored it when the
    /// container was started.
    pub fn default_signal(&mut self, signal: i32) -> &mut Self {
        self.signals.reset(signal);
        self
    }

    /// The terminal that the command is on: its standard streams lead there, but for those that are set otherwise, and
    /// it leads a new session that the terminal controls.
    pub fn terminal(&mut self, terminal: &Terminal) -> &mut Self {
        self.terminal = Some(Arc::clone(terminal.peer()));
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// [`Phase::Execute`] when the program is not there or can't be executed, with the kind that says which;
    /// [`Phase::Configure`] when an argument makes no sense; [`Phase::Spawn`] when something else was in the way:
    /// [`ErrorKind::Ended`] if the container is no more, [`ErrorKind::TimedOut`] if something inside held it up.
    pub fn spawn(&mut self) -> Result<Child> {
        self.spawn_with(Stdio::inherit, Stdio::inherit)
    }

    /// Starts it, and waits until it ends.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn) and [`Child::wait`].
    pub fn status(&mut self) -> Result<ExitStatus> {
        self.spawn()?.wait()
    }

    /// Starts it, and collects what it writes until it ends.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Self::spawn) and [`Child::wait_with_output`].
    pub fn output(&mut self) -> Result<Output> {
        self.spawn_with(Stdio::null, Stdio::piped)?.wait_with_output()
    }

    /// Starts it in a session of its own: on a terminal, if there is one, and with these streams where it has none of its
    /// own. It stays what it was.
    pub(crate) fn spawn_apart(&mut self, terminal: Option<&Terminal>, streams: [Option<Stdio>; 3]) -> Result<Child> {
        let before = (self.new_session, self.terminal.take());
        self.new_session = true;
        self.terminal = terminal.map(|terminal| Arc::clone(terminal.peer()));
        let own = self.streams_of_its_own();
        for (place, stream) in self.streams().into_iter().zip(streams) {
            if place.is_none() {
                *place = stream;
            }
        }
        let child = self.spawn();
        for (place, is_own) in self.streams().into_iter().zip(own) {
            if !is_own {
                *place = None;
            }
        }
        (self.new_session, self.terminal) = before;
        child
    }

    fn streams(&mut self) -> [&mut Option<Stdio>; 3] {
        [&mut self.stdin, &mut self.stdout, &mut self.stderr]
    }

    /// Which of its streams lead where it was told.
    pub(crate) fn streams_of_its_own(&self) -> [bool; 3] {
        [&self.stdin, &self.stdout, &self.stderr].map(Option::is_some)
    }

    /// Makes it run another program.
    pub(crate) fn set_program(&mut self, program: &str) {
        self.program = program.into();
    }

    /// The arguments that were added; it has none then.
    pub(crate) fn take_args(&mut self) -> Vec<OsString> {
        std::mem::take(&mut self.args)
    }

    /// Whether a variable was set or removed.
    pub(crate) fn decides_on(&self, name: &str) -> bool {
        self.environment.decides_on(name.as_ref())
    }

    /// Whom it is to run as, if not as the caller.
    pub(crate) fn user_id(&self) -> Option<u32> {
        self.uid
    }

    fn spawn_with(&self, default_input: fn() -> Stdio, default_output: fn() -> Stdio) -> Result<Child> {
        let request = self.request()?;
        let (input, output) = match self.terminal {
            Some(_) => (Stdio::inherit(), Stdio::inherit()),
            None => (default_input(), default_output()),
        };
        let streams = [
            self.open(self.stdin.as_ref(), &input, Direction::CommandReads, stdin())?,
            self.open(self.stdout.as_ref(), &output, Direction::CommandWrites, stdout())?,
            self.open(self.stderr.as_ref(), &output, Direction::CommandWrites, stderr())?,
        ];

        let standard = (0..)
            .zip(&streams)
            .filter_map(|(number, stream)| Some((number, stream.theirs.as_ref()?.as_fd())));
        let extra = self.descriptors.iter().map(|(number, fd)| (*number, fd.as_fd()));
        let (numbers, descriptors): (Vec<i32>, Vec<BorrowedFd<'_>>) = standard.chain(extra).unzip();
        let request = Request { numbers, ..request };
        let _starting = tracing::info_span!("starting the command").entered();
        tracing::trace!(
            program = %escaped(&self.program),
            arguments = request.arguments.len(),
            variables = request.environment.len(),
            descriptors = descriptors.len(),
            "a command is asked for"
        );
        let process = self
            .container
            .spawn(&request, &descriptors)
            .map_err(|failure| match failure {
                SpawnFailure::Unmade(error) => *error,
                failure => remedy::spawn_error(&self.program, &request, &failure),
            })?;
        drop(descriptors);
        tracing::debug!(program = %escaped(&self.program), pid = process.pid, "command started");
        let ours = streams.map(|stream| stream.ours);
        Ok(Child::new(
            process,
            Arc::clone(self.container.children()),
            self.program.clone(),
            ours,
        ))
    }

    fn open<'a>(
        &'a self,
        set: Option<&'a Stdio>,
        default: &'a Stdio,
        direction: Direction,
        callers: BorrowedFd<'a>,
    ) -> Result<Stream<'a>> {
        let inherited = match (&self.terminal, set) {
            (Some(terminal), None) => Some(terminal.as_fd()),
            _ => inheritable(callers),
        };
        set.unwrap_or(default).open(direction, inherited).map_err(|error| {
            let errno = errno_of(&error);
            Error::os(
                Phase::Spawn,
                Attempt::on_no_path(format!("cannot open a standard stream for {}", escaped(&self.program))),
                errno,
            )
        })
    }

    /// The number at which the command finds its terminal.
    fn controlling_terminal(&self) -> Result<Option<u32>> {
        if self.terminal.is_none() {
            return Ok(None);
        }
        let streams = [&self.stdin, &self.stdout, &self.stderr];
        let numbered = (0..).zip(streams);
        let on_it = numbered
            .filter(|(_, stream)| stream.is_none())
            .map(|(number, _)| number)
            .next();
        match on_it {
            Some(number) => Ok(Some(number)),
            None => Err(self.nonsense("it has a terminal, but all of its standard streams lead elsewhere")),
        }
    }

    /// What is asked of the fork server, but for the descriptors.
    fn request(&self) -> Result<Request> {
        self.check_descriptors()?;
        let environment = self.environment.resolve();
        let path = environment.iter().find(|(name, _)| name == "PATH");
        let programs = lookup::candidates(&self.program, path.map(|(_, path)| path.as_os_str()));
        let arg0 = self.arg0.as_ref().unwrap_or(&self.program);
        let process_group = match self.process_group {
            Some(group) => Some(u32::try_from(group).map_err(|_| self.nonsense("its process group is negative"))?),
            None => None,
        };
        for (id, what) in [(self.uid, "user"), (self.gid, "group")] {
            if id == Some(u32::MAX) {
                return Err(self.nonsense(format!("4294967295 is no {what} id")));
            }
        }
        if self.program.is_empty() {
            return Err(self.nonsense("the name of the program is empty"));
        }
        Ok(Request {
            programs: programs
                .into_iter()
                .map(|path| self.c_string("its name", path))
                .collect::<Result<_>>()?,
            arguments: std::iter::once(arg0)
                .chain(&self.args)
                .zip(0..)
                .map(|(arg, number)| self.c_string(format_args!("argument {number}"), arg.clone()))
                .collect::<Result<_>>()?,
            environment: environment
                .into_iter()
                .map(|(name, value)| self.variable(&name, &value))
                .collect::<Result<_>>()?,
            directory: match &self.directory {
                Some(directory) if directory.is_empty() => return Err(self.nonsense("its working directory is empty")),
                Some(directory) => Some(self.c_string("its working directory", directory.clone())?),
                None => None,
            },
            groups: self.groups.clone().or(self.uid.is_some().then(Vec::new)),
            gid: self.gid,
            uid: self.uid,
            process_group,
            new_session: self.new_session || self.terminal.is_some(),
            controlling_terminal: self.controlling_terminal()?,
            umask: self.umask,
            ignored_signals: self.signals.ignored().map_err(|why| self.nonsense(why))?,
            default_signals: self.signals.default_again(),
            numbers: Vec::new(),
        })
    }

    fn check_descriptors(&self) -> Result<()> {
        let mut numbers: Vec<i32> = self.descriptors.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        if let Some(low) = numbers.first().filter(|number| **number < 3) {
            return Err(self.nonsense(format!(
                "a descriptor is given at the number {low}; use stdin, stdout and stderr"
            )));
        }
        if let Some(twice) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(self.nonsense(format!("two descriptors are given at the number {}", twice[0])));
        }
        if numbers.len() + 3 > COMMAND_DESCRIPTORS_MAX {
            let most = COMMAND_DESCRIPTORS_MAX - 3;
            return Err(self.nonsense(format!("{} descriptors are given; {most} can be", numbers.len())));
        }
        Ok(())
    }

    fn variable(&self, name: &OsStr, value: &OsStr) -> Result<CString> {
        if name.is_empty() || name.as_bytes().contains(&b'=') {
            return Err(self.nonsense(format!("`{}` is no name of an environment variable", escaped(name))));
        }
        let mut variable = OsString::with_capacity(name.len() + value.len() + 2);
        variable.push(name);
        variable.push("=");
        variable.push(value);
        self.c_string(format_args!("the environment variable {}", escaped(name)), variable)
    }

    fn c_string(&self, what: impl std::fmt::Display, text: OsString) -> Result<CString> {
        use std::os::unix::ffi::OsStringExt;
        CString::new(text.into_vec()).map_err(|_| self.nonsense(format!("{what} contains a NUL byte")))
    }

    fn nonsense(&self, why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::new(
            Phase::Configure,
            ErrorKind::InvalidInput,
            Attempt::on(&self.program, format!("cannot run {}", escaped(&self.program))),
        )
        .because(why)
    }
}
