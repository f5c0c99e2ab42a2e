//! The order of things. Up to the pivot the host's tree is there and sources are opened; after it nothing of the host
//! can be reached by any path, and only then is the container's tree looked at.

use std::ffi::{CStr, CString};

use furnace_sys::flags::{MountAttributes, Namespaces};
use furnace_sys::plan::Plan;
use furnace_sys::wire::{Slot, Step, Target};

use super::mounts::{Content, DEFAULT_MOUNTS, DefaultMount, FsOption, LOOP_MAJOR, LOOP_MODE};
use super::writer::Writer;
use crate::config::Config;
use crate::host::RESOLV_CONF;

/// A mount that has been made from a source of the host, and where it will go.
struct Pending<'a> {
    mount: Slot,
    destination: &'a CStr,
    target: Target,
}

/// The steps that make the container that `config` describes.
pub(crate) fn compile(config: &Config) -> Plan {
    let mut writer = Writer::default();
    writer.step(Step::Unshare {
        namespaces: namespaces(config).bits(),
    });
    writer.step(Step::SetPropagation {
        propagation: config.propagation.bits(),
    });

    let root = if config.ephemeral {
        ephemeral_root(&mut writer, config)
    } else {
        plain_root(&mut writer, config)
    };
    let pending = open_sources(&mut writer, config);
    pivot(&mut writer, root);

    let (of_pid1, others): (Vec<_>, Vec<_>) = DEFAULT_MOUNTS.iter().partition(|mount| mount.by_pid1);
    let target = writer.slot();
    writer.in_pid1(|writer| {
        for mount in of_pid1 {
            default_mount(writer, config, mount, root, target);
        }
    });
    for mount in others {
        default_mount(&mut writer, config, mount, root, target);
    }
    for Pending {
        mount,
        destination,
        target: kind,
    } in pending
    {
        attach(&mut writer, root, mount, destination, kind, target);
    }

    let name = writer.text(&config.hostname);
    let length = config.hostname.as_bytes().len().try_into().unwrap_or(u32::MAX);
    writer.step(Step::SetHostname { name, length });
    if config.isolate_network {
        writer.step(Step::BringUpLoopback {});
    }
    writer.finish()
}

fn namespaces(config: &Config) -> Namespaces {
    let always = Namespaces::MOUNT | Namespaces::IPC | Namespaces::UTS | Namespaces::CGROUP;
    if config.isolate_network {
        always | Namespaces::NETWORK
    } else {
        always
    }
}

/// The root directory itself, with all that is mounted below it.
fn plain_root(writer: &mut Writer, config: &Config) -> Slot {
    let path = writer.text(&config.root);
    let out = writer.slot();
    writer.step(Step::CloneTree {
        path,
        recursive: 1,
        out,
    });
    out
}

/// An overlay of memory over the root directory. It needs a place in the mount namespace while the overlay is made
/// (Linux before 6.12 takes an upper directory from nowhere else), and none after.
fn ephemeral_root(writer: &mut Writer, config: &Config) -> Slot {
    let [lower, layer_fs, layer, upper, work, fs, root] = [(); 7].map(|()| writer.slot());
    let path = writer.text(&config.root);
    writer.step(Step::OpenDirectory { path, out: lower });

    new_fs(
        writer,
        c"tmpfs",
        c"tmpfs",
        &[FsOption::Value(c"mode", c"755")],
        layer_fs,
    );
    writer.step(Step::MakeMount {
        fs: layer_fs,
        attributes: 0,
        out: layer,
    });
    for (name, mode, out) in [(c"upper", config.host.root_mode, upper), (c"work", 0o700, work)] {
        let name = writer.text(name);
        writer.step(Step::MakeDirectory {
            directory: layer,
            name,
            mode,
        });
        writer.step(Step::OpenMade {
            directory: layer,
            name,
            out,
        });
    }
    // The root of an overlay is its upper directory's.
    let (uid, gid) = (config.host.root_uid, config.host.root_gid);
    if (uid, gid) != (0, 0) {
        writer.step(Step::ChangeOwner {
            directory: upper,
            uid,
            gid,
        });
    }
    writer.step(Step::AttachOverRoot { mount: layer });

    let kind = writer.text(c"overlay");
    writer.step(Step::OpenFs { kind, out: fs });
    let (key, value) = (writer.text(c"source"), kind);
    writer.step(Step::SetOption { fs, key, value });
    for (key, directory) in [(c"lowerdir", lower), (c"upperdir", upper), (c"workdir", work)] {
        let key = writer.text(key);
        writer.step(Step::SetDirectory { fs, key, directory });
    }
    writer.step(Step::CreateFs { fs });
    writer.step(Step::MakeMount {
        fs,
        attributes: 0,
        out: root,
    });
    writer.step(Step::DetachOverRoot {});
    root
}

/// All sources are opened before any mount is attached, so that none is found through another.
fn open_sources<'a>(writer: &mut Writer, config: &'a Config) -> Vec<Pending<'a>> {
    let resolv_conf = config.resolv_conf.then(|| {
        let mount = clone_tree(writer, RESOLV_CONF, true);
        Pending {
            mount,
            destination: c"etc/resolv.conf",
            target: Target::FileOrSymlink,
        }
    });
    let binds = config.binds.iter().map(|bind| Pending {
        mount: clone_tree(writer, &bind.source, bind.read_only),
        destination: &bind.destination,
        target: bind.target,
    });
    resolv_conf.into_iter().chain(binds).collect()
}

fn clone_tree(writer: &mut Writer, path: &CStr, read_only: bool) -> Slot {
    let path = writer.text(path);
    let out = writer.slot();
    writer.step(Step::CloneTree {
        path,
        recursive: 1,
        out,
    });
    if read_only {
        let attributes = MountAttributes::READ_ONLY.bits();
        writer.step(Step::AddAttributes {
            mount: out,
            attributes,
            recursive: 1,
        });
    }
    out
}

fn pivot(writer: &mut Writer, root: Slot) {
    writer.step(Step::AttachOverRoot { mount: root });
    writer.step(Step::EnterDirectory { directory: root });
    writer.step(Step::PivotRoot {});
    writer.step(Step::DetachOverRoot {});
}

fn new_fs(writer: &mut Writer, kind: &CStr, source: &CStr, options: &[FsOption], fs: Slot) {
    let kind = writer.text(kind);
    writer.step(Step::OpenFs { kind, out: fs });
    let (key, value) = (writer.text(c"source"), writer.text(source));
    writer.step(Step::SetOption { fs, key, value });
    for option in options {
        match option {
            FsOption::Flag(key) => {
                let key = writer.text(key);
                writer.step(Step::SetFlag { fs, key });
            }
            FsOption::Value(key, value) => {
                let (key, value) = (writer.text(key), writer.text(value));
                writer.step(Step::SetOption { fs, key, value });
            }
        }
    }
    writer.step(Step::CreateFs { fs });
}

fn default_mount(writer: &mut Writer, config: &Config, mount: &DefaultMount, root: Slot, target: Slot) {
    let (fs, made) = (writer.slot(), writer.slot());
    new_fs(writer, mount.kind, mount.source, mount.options, fs);
    writer.step(Step::MakeMount {
        fs,
        attributes: mount.attributes.bits(),
        out: made,
    });
    for content in mount.contents {
        fill(writer, made, content);
    }
    if mount.target == c"dev" {
        for number in &config.host.loop_devices {
            loop_device(writer, made, *number);
        }
    }
    attach(writer, root, made, mount.target, Target::Directory, target);
}

fn fill(writer: &mut Writer, directory: Slot, content: &Content) {
    match *content {
        Content::Directory { name, mode } => {
            let name = writer.text(name);
            writer.step(Step::MakeDirectory { directory, name, mode });
        }
        Content::Device {
            name,
            mode,
            major,
            minor,
        } => {
            let name = writer.text(name);
            writer.step(Step::MakeCharacterDevice {
                directory,
                name,
                mode,
                major,
                minor,
            });
        }
        Content::Symlink { name, to } => {
            let (name, to) = (writer.text(name), writer.text(to));
            writer.step(Step::MakeSymlink { directory, name, to });
        }
    }
}

fn loop_device(writer: &mut Writer, directory: Slot, minor: u32) {
    // It contains no NUL.
    let name = CString::new(format!("loop{minor}")).unwrap_or_default();
    let name = writer.text(&name);
    writer.step(Step::MakeBlockDevice {
        directory,
        name,
        mode: LOOP_MODE,
        major: LOOP_MAJOR,
        minor,
    });
}

fn attach(writer: &mut Writer, root: Slot, mount: Slot, destination: &CStr, kind: Target, at: Slot) {
    let path = writer.text(destination);
    writer.step(Step::OpenTarget {
        root,
        path,
        target: kind,
        out: at,
    });
    writer.step(Step::Attach { mount, at });
}
