//! What a test needs that a machine may lack.

use std::path::Path;
use std::process::{Command, Stdio};

/// Something that a machine may lack.
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// The rights to make containers.
    Root,
    /// A program on the `PATH`.
    Program(&'static str),
    /// A file or a device.
    File(&'static str),
    /// A kernel of at least this version.
    Kernel(u32, u32),
    /// A file system that the kernel can mount, if need be with a module.
    Filesystem(&'static str),
    /// A directory for temporary files in which set-user-id bits count.
    SetUserId,
}

impl Need {
    /// Why it is not there, if it is not.
    #[must_use]
    pub fn missing(self) -> Option<String> {
        match self {
            Self::Root => (!rustix::process::geteuid().is_root()).then(|| "it has to be run as root".to_owned()),
            Self::Program(name) => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                let found = std::env::split_paths(&path).any(|directory| directory.join(name).is_file());
                (!found).then(|| format!("the program {name} is not installed"))
            }
            Self::File(path) => (!Path::new(path).exists()).then(|| format!("{path} is not there")),
            Self::Filesystem(name) => {
                let known = filesystems(name) || modprobe(name) && filesystems(name);
                (!known).then(|| format!("the kernel has no {name}"))
            }
            Self::SetUserId => {
                let flags = rustix::fs::statvfs(std::env::temp_dir()).map(|about| about.f_flag);
                let counts = flags.is_ok_and(|flags| !flags.contains(rustix::fs::StatVfsMountFlags::NOSUID));
                (!counts).then(|| "the directory for temporary files is mounted nosuid".to_owned())
            }
            Self::Kernel(major, minor) => {
                let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
                let mut numbers = release
                    .split(|c: char| !c.is_ascii_digit())
                    .map(|n| n.parse::<u32>().unwrap_or(0));
                let running = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
                (running < (major, minor)).then(|| format!("Linux {major}.{minor} is needed"))
            }
        }
    }
}

fn filesystems(name: &str) -> bool {
    let known = std::fs::read_to_string("/proc/filesystems").unwrap_or_default();
    known.lines().any(|line| line.split_whitespace().last() == Some(name))
}

fn modprobe(name: &str) -> bool {
    let quietly = || Stdio::null();
    let mut command = Command::new("modprobe");
    command.args(["--quiet", name]).stdout(quietly()).stderr(quietly());
    command.status().is_ok_and(|status| status.success())
}
