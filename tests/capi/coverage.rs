//! What furnace-core can do, and what of the header does it: a capability that is added there has to be added here,
//! and with it to the header, or said why not.

use std::collections::BTreeSet;

use furnace_tests::{Outcome, test};
use libtest_mimic::Trial;

use crate::{header, sources};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        test("all_that_the_core_can_do_is_in_the_header", &[], nothing_is_forgotten),
        test(
            "all_that_is_in_the_header_does_something_of_the_core",
            &[],
            nothing_is_made_up,
        ),
    ]
}

/// How a capability is had in C.
#[derive(Clone, Copy)]
enum InC {
    /// By this function, or this constant.
    By(&'static str),
    /// By others, as it is said.
    Otherwise(&'static str),
}
use InC::{By, Otherwise};

const TABLE: &[(&str, InC)] = &[
    ("Container::builder", By("furnace_builder_new")),
    ("Builder::bind", By("furnace_builder_add_bind")),
    ("Builder::bind_ro", By("furnace_builder_add_bind_ro")),
    ("Builder::mount", By("furnace_builder_add_mount")),
    ("Builder::isolate_network", By("furnace_builder_set_isolate_network")),
    ("Builder::own_session", By("furnace_builder_set_own_session")),
    ("Builder::terminals", By("furnace_builder_set_terminals")),
    ("Builder::hostname", By("furnace_builder_set_hostname")),
    ("Builder::partition", By("furnace_builder_set_partition")),
    ("Builder::ephemeral", By("furnace_builder_set_ephemeral")),
    ("Builder::ephemeral_size", By("furnace_builder_set_ephemeral_size")),
    ("Builder::lower", By("furnace_builder_add_lower")),
    ("Builder::overlay", By("furnace_builder_set_overlay")),
    ("Builder::overlay_work", By("furnace_builder_set_overlay_work")),
    ("Builder::read_only", By("furnace_builder_set_read_only")),
    ("Builder::dev", By("furnace_builder_set_dev")),
    ("Builder::device", By("furnace_builder_add_device")),
    ("Builder::propagation", By("furnace_builder_set_propagation")),
    ("Builder::resolv_conf", By("furnace_builder_set_resolv_conf")),
    ("Builder::tmpfiles", By("furnace_builder_set_tmpfiles")),
    ("Builder::time_limit", By("furnace_builder_set_time_limit")),
    ("Builder::start", By("furnace_builder_start")),
    ("Builder::explain", By("furnace_builder_explain")),
    ("Change.path", By("furnace_change_path")),
    ("Change.kind", By("furnace_change_kind")),
    ("Change.file_type", By("furnace_change_type")),
    ("Change.size", By("furnace_change_size")),
    ("Change.link_to", By("furnace_change_link_to")),
    ("ChangeKind::Created", By("FURNACE_CHANGE_CREATED")),
    ("ChangeKind::Modified", By("FURNACE_CHANGE_MODIFIED")),
    ("ChangeKind::Deleted", By("FURNACE_CHANGE_DELETED")),
    ("FileType::File", By("FURNACE_FILE_REGULAR")),
    ("FileType::Directory", By("FURNACE_FILE_DIRECTORY")),
    ("FileType::Symlink", By("FURNACE_FILE_SYMLINK")),
    ("FileType::CharacterDevice", By("FURNACE_FILE_CHARACTER_DEVICE")),
    ("FileType::BlockDevice", By("FURNACE_FILE_BLOCK_DEVICE")),
    ("FileType::Fifo", By("FURNACE_FILE_FIFO")),
    ("FileType::Socket", By("FURNACE_FILE_SOCKET")),
    ("Changes::between", By("furnace_changes_between")),
    ("Child.stdin", By("furnace_child_take_stream")),
    ("Child.stdout", By("furnace_child_take_stream")),
    ("Child.stderr", By("furnace_child_take_stream")),
    (
        "Child::share",
        Otherwise("any number of threads may use a furnace_child"),
    ),
    ("Child::id", By("furnace_child_pid")),
    ("Child::kill", By("furnace_child_kill")),
    ("Child::signal", By("furnace_child_kill")),
    ("Child::wait", By("furnace_child_wait")),
    ("Child::try_wait", By("furnace_child_try_wait")),
    ("Child::wait_timeout", By("furnace_child_wait_timeout")),
    ("Child::wait_with_output", By("furnace_child_wait_with_output")),
    ("Command::arg", By("furnace_command_add_arg")),
    ("Command::args", By("furnace_command_add_args")),
    ("Command::arg0", By("furnace_command_set_arg0")),
    ("Command::env", By("furnace_command_set_env")),
    ("Command::envs", By("furnace_command_set_envp")),
    ("Command::env_remove", By("furnace_command_unset_env")),
    ("Command::env_clear", By("furnace_command_clear_env")),
    ("Command::current_dir", By("furnace_command_set_current_dir")),
    ("Command::stdin", By("furnace_command_set_stream_fd")),
    ("Command::stdout", By("furnace_command_set_stream_fd")),
    ("Command::stderr", By("furnace_command_set_stream_fd")),
    ("Command::descriptor", By("furnace_command_set_fd")),
    ("Command::uid", By("furnace_command_set_uid")),
    ("Command::gid", By("furnace_command_set_gid")),
    ("Command::groups", By("furnace_command_set_groups")),
    ("Command::process_group", By("furnace_command_set_process_group")),
    ("Command::new_session", By("furnace_command_set_new_session")),
    ("Command::umask", By("furnace_command_set_umask")),
    ("Command::ignore_signal", By("furnace_command_ignore_signal")),
    ("Command::default_signal", By("furnace_command_default_signal")),
    ("Command::terminal", By("furnace_command_set_terminal")),
    ("Command::spawn", By("furnace_command_spawn")),
    ("Command::status", By("furnace_command_run")),
    ("Command::output", By("furnace_command_output")),
    ("Container::detach", By("furnace_container_detach")),
    ("Container::detach_as", By("furnace_container_detach_as")),
    ("JoinOptions::new", By("furnace_join_options_new")),
    ("JoinOptions::own_session", By("furnace_join_options_set_own_session")),
    ("JoinOptions::time_limit", By("furnace_join_options_set_time_limit")),
    ("JoinOptions::attach", By("furnace_container_attach")),
    ("JoinOptions::attach_to", By("furnace_named_attach")),
    ("JoinOptions::join", By("furnace_container_join")),
    ("Container::attach", By("furnace_container_attach")),
    ("Container::join", By("furnace_container_join")),
    ("LayerUsage::size", By("furnace_container_layer_usage")),
    ("LayerUsage::available", By("furnace_container_layer_usage")),
    ("LayerUsage::is_full", By("furnace_container_layer_usage")),
    ("Container::command", By("furnace_container_command")),
    ("Container::id", By("furnace_container_pid")),
    ("Container::stop", By("furnace_container_stop")),
    ("Container::terminal", By("furnace_container_terminal")),
    ("Container::layer_usage", By("furnace_container_layer_usage")),
    ("Container::changes", By("furnace_container_changes")),
    ("Container::mount", By("furnace_container_mount")),
    ("Container::unmount", By("furnace_container_unmount")),
    ("Terminal::set_size", By("furnace_terminal_set_size")),
    ("Terminal::size", By("furnace_terminal_size")),
    ("Terminal::set_owner", By("furnace_terminal_set_owner")),
    ("Terminal::into_master", By("furnace_terminal_into_fd")),
    ("Container::find_user", By("furnace_container_find_user")),
    ("Command::user", By("furnace_command_set_user")),
    ("User.name", By("furnace_user_name")),
    ("User.uid", By("furnace_user_uid")),
    ("User.gid", By("furnace_user_gid")),
    ("User.groups", By("furnace_user_groups")),
    ("User.home", By("furnace_user_home")),
    ("User.shell", By("furnace_user_shell")),
    ("RuntimeDirectory::free", By("furnace_runtime_free_name")),
    ("Container::shell", By("furnace_container_shell")),
    ("Console::new", By("furnace_console_new")),
    ("Console::streams", By("furnace_console_set_streams")),
    ("Console::terminal", By("furnace_console_set_terminal")),
    ("Console::typed", By("furnace_console_set_typed")),
    ("Console::wants_terminal", By("furnace_console_wants_terminal")),
    ("Console::run", By("furnace_console_run")),
    (
        "Console::open",
        Otherwise("furnace_console_run() opens, spawns and relays in one"),
    ),
    ("Session::has_terminal", By("furnace_console_wants_terminal")),
    ("Session::spawn", Otherwise("furnace_console_run()")),
    ("Session::relay", Otherwise("furnace_console_run()")),
    ("Session::relay_with", By("furnace_console_set_signals")),
    ("Signals::take", By("furnace_console_set_signals")),
    ("Signals::yielded", By("furnace_console_set_signals")),
    ("Event::Resized", By("FURNACE_EVENT_RESIZED")),
    ("Event::Resumed", By("FURNACE_EVENT_RESUMED")),
    ("Event::Suspend", By("FURNACE_EVENT_SUSPEND")),
    ("Event::End", By("FURNACE_EVENT_END")),
    ("Event::PassOn", By("FURNACE_EVENT_PASS_ON")),
    ("Shell::hostname", By("furnace_shell_options_set_hostname")),
    ("Shell::colours", By("furnace_shell_options_set_colours")),
    ("Shell::console", By("furnace_container_shell")),
    ("Shell::command", By("furnace_shell_options_set_env")),
    ("Shell::run", By("furnace_container_shell")),
    (
        "Shell::spawn",
        Otherwise("furnace_container_shell() opens, spawns and relays in one"),
    ),
    ("restore_terminals", By("furnace_restore_terminals")),
    ("Phase::Carry", By("FURNACE_PHASE_CARRY")),
    ("Dev::Minimal", By("FURNACE_DEV_MINIMAL")),
    ("Dev::Host", By("FURNACE_DEV_HOST")),
    ("examine", By("furnace_doctor_examine")),
    ("Report::can_start", By("furnace_report_can_start")),
    ("Report::iter", By("furnace_report_count")),
    ("Check.name", By("furnace_report_name")),
    ("Check.purpose", By("furnace_report_purpose")),
    ("Check.outcome", By("furnace_report_outcome")),
    ("Check.how", By("furnace_report_found")),
    ("Check.remedy", By("furnace_report_remedy")),
    ("Check.is_required", By("furnace_report_required")),
    ("Outcome::Yes", By("FURNACE_OUTCOME_YES")),
    ("Outcome::Privileged", By("FURNACE_OUTCOME_PRIVILEGED")),
    ("Outcome::No", By("FURNACE_OUTCOME_NO")),
    ("Outcome::is_yes", By("FURNACE_OUTCOME_YES")),
    ("OsError::of", Otherwise("strerror(3)")),
    ("is_ignored", Otherwise("sigaction(2)")),
    ("OsError::raw_os_error", By("furnace_error_errno")),
    ("Phase::Configure", By("FURNACE_PHASE_CONFIGURE")),
    ("Phase::Start", By("FURNACE_PHASE_START")),
    ("Phase::Spawn", By("FURNACE_PHASE_SPAWN")),
    ("Phase::Execute", By("FURNACE_PHASE_EXECUTE")),
    ("Phase::Wait", By("FURNACE_PHASE_WAIT")),
    ("Phase::Stop", By("FURNACE_PHASE_STOP")),
    ("Phase::Detach", By("FURNACE_PHASE_DETACH")),
    ("Phase::Attach", By("FURNACE_PHASE_ATTACH")),
    ("Phase::Mount", By("FURNACE_PHASE_MOUNT")),
    ("Phase::Unmount", By("FURNACE_PHASE_UNMOUNT")),
    ("Phase::Compare", By("FURNACE_PHASE_COMPARE")),
    ("ErrorKind::InvalidInput", By("FURNACE_ERROR_INVALID_INPUT")),
    ("ErrorKind::NotFound", By("FURNACE_ERROR_NOT_FOUND")),
    ("ErrorKind::PermissionDenied", By("FURNACE_ERROR_PERMISSION_DENIED")),
    ("ErrorKind::NotADirectory", By("FURNACE_ERROR_NOT_A_DIRECTORY")),
    (
        "ErrorKind::ArgumentListTooLong",
        By("FURNACE_ERROR_ARGUMENT_LIST_TOO_LONG"),
    ),
    ("ErrorKind::NotExecutable", By("FURNACE_ERROR_NOT_EXECUTABLE")),
    ("ErrorKind::Unsupported", By("FURNACE_ERROR_UNSUPPORTED")),
    (
        "ErrorKind::ReadOnlyFilesystem",
        By("FURNACE_ERROR_READ_ONLY_FILESYSTEM"),
    ),
    ("ErrorKind::ResourceExhausted", By("FURNACE_ERROR_RESOURCE_EXHAUSTED")),
    ("ErrorKind::AlreadyExists", By("FURNACE_ERROR_ALREADY_EXISTS")),
    ("ErrorKind::ResourceBusy", By("FURNACE_ERROR_RESOURCE_BUSY")),
    ("ErrorKind::Ended", By("FURNACE_ERROR_ENDED")),
    ("ErrorKind::TimedOut", By("FURNACE_ERROR_TIMED_OUT")),
    ("ErrorKind::StatusLost", By("FURNACE_ERROR_STATUS_LOST")),
    ("ErrorKind::Other", By("FURNACE_ERROR_OTHER")),
    ("Error::kind", By("furnace_error_code")),
    ("Error::phase", By("furnace_error_phase")),
    ("Error::remedy", By("furnace_error_remedy")),
    ("Error::path", By("furnace_error_path")),
    ("Error::step", By("furnace_error_step")),
    ("Error::raw_os_error", By("furnace_error_errno")),
    ("BindMount::new", By("furnace_host_bind")),
    ("BindMount::read_only", By("FURNACE_HOST_READ_ONLY")),
    ("BindMount::recursive", By("FURNACE_HOST_RECURSIVE")),
    ("BindMount::propagation", By("FURNACE_HOST_PRIVATE")),
    ("BindMount::mount", By("furnace_host_bind")),
    ("MountGuard::path", By("furnace_host_mount_path")),
    ("MountGuard::unmount", By("furnace_host_mount_unmount")),
    ("is_mount_point", By("furnace_is_mount_point")),
    ("OverlayMount::new", By("furnace_host_overlay")),
    ("OverlayMount::lower", By("furnace_host_overlay")),
    ("OverlayMount::upper", By("furnace_host_overlay")),
    ("OverlayMount::mount", By("furnace_host_overlay")),
    ("Bind::new", By("furnace_mount_new_bind")),
    ("Bind::read_only", By("furnace_mount_set_read_only")),
    ("Bind::no_suid", By("furnace_mount_set_no_suid")),
    ("Bind::no_dev", By("furnace_mount_set_no_dev")),
    ("Bind::no_exec", By("furnace_mount_set_no_exec")),
    ("Bind::recursive", By("furnace_mount_set_recursive")),
    ("Bind::propagation", By("furnace_mount_set_propagation")),
    ("Bind::id_map", By("furnace_mount_add_id_map")),
    ("File::new", By("furnace_mount_new_file")),
    ("File::mode", By("furnace_mount_set_mode")),
    ("File::owner", By("furnace_mount_set_owner")),
    ("IdMap::new", By("furnace_mount_add_id_map")),
    ("IdMap::users", By("FURNACE_IDS_USERS")),
    ("IdMap::groups", By("FURNACE_IDS_GROUPS")),
    ("Mount::Bind", By("furnace_mount_new_bind")),
    ("Mount::Tmpfs", By("furnace_mount_new_tmpfs")),
    ("Mount::File", By("furnace_mount_new_file")),
    ("Tmpfs::new", By("furnace_mount_new_tmpfs")),
    ("Tmpfs::size", By("furnace_mount_set_size")),
    ("Tmpfs::mode", By("furnace_mount_set_mode")),
    ("Tmpfs::owner", By("furnace_mount_set_owner")),
    ("Tmpfs::no_exec", By("furnace_mount_set_no_exec")),
    ("NamedContainer::name", By("furnace_named_name")),
    ("NamedContainer::id", By("furnace_named_pid")),
    ("NamedContainer::root", By("furnace_named_root")),
    ("NamedContainer::started", By("furnace_named_started")),
    ("NamedContainer::stop", By("furnace_named_stop")),
    ("NamedContainer::wait", By("furnace_named_wait")),
    ("NamedContainer::wait_within", By("furnace_named_wait_timeout")),
    ("Standing::Changing", By("FURNACE_STANDING_CHANGING")),
    ("Standing::Running", By("FURNACE_STANDING_RUNNING")),
    ("Standing::Ended", By("FURNACE_STANDING_ENDED")),
    ("Standing::Unknown", By("FURNACE_STANDING_UNKNOWN")),
    ("Listed.name", By("furnace_listing_name")),
    ("Listed.standing", By("furnace_listing_standing")),
    ("Listed.id", By("furnace_listing_pid")),
    ("Listed.root", By("furnace_listing_root")),
    ("Listed.started", By("furnace_listing_started")),
    ("RuntimeDirectory::of_user", By("furnace_runtime_new")),
    ("RuntimeDirectory::at", By("furnace_runtime_new")),
    ("RuntimeDirectory::path", By("furnace_runtime_path")),
    ("RuntimeDirectory::reserve", By("furnace_runtime_reserve")),
    ("RuntimeDirectory::find", By("furnace_runtime_find")),
    ("RuntimeDirectory::list", By("furnace_runtime_list")),
    ("RuntimeDirectory::collect", By("furnace_runtime_collect")),
    ("Reservation::name", By("furnace_reservation_name")),
    ("Stdio::inherit", By("furnace_command_set_stream_inherit")),
    ("Stdio::null", By("furnace_command_set_stream_null")),
    ("Stdio::piped", By("furnace_command_set_stream_pipe")),
];

/// What is only in C: handles come and go there by functions, and what Rust has by its traits.
const OF_C: &[&str] = &[
    "furnace_version",
    "furnace_version_number",
    "furnace_has_feature",
    "furnace_error_message",
    "furnace_strings_count",
    "furnace_strings_get",
    "furnace_builder_copy",
    "furnace_child_pidfd",
    "furnace_terminal_fd",
    "furnace_output_status",
    "furnace_output_stdout",
    "furnace_output_stderr",
    "furnace_changes_next",
    "furnace_change_content",
    "furnace_change_metadata",
    "furnace_listing_count",
    "furnace_shell_options_new",
    "furnace_shell_options_add_args",
    "furnace_shell_options_unset_env",
    "furnace_shell_options_clear_env",
    "furnace_shell_options_set_current_dir",
    "furnace_shell_options_set_uid",
    "furnace_shell_options_set_gid",
    "furnace_shell_options_set_groups",
    "furnace_shell_options_set_user",
];

fn nothing_is_forgotten() -> Outcome {
    let told: BTreeSet<&str> = TABLE.iter().map(|(capability, _)| *capability).collect();
    assert_eq!(told.len(), TABLE.len(), "a row is there twice");
    let there = sources::capabilities();
    assert!(there.len() > 150, "capabilities are not recognized any more: {there:?}");
    let new: Vec<&String> = there
        .iter()
        .filter(|capability| !told.contains(capability.as_str()))
        .collect();
    assert!(new.is_empty(), "not in the header, or not said how: {new:?}");
    let gone: Vec<&&str> = told.iter().filter(|capability| !there.contains(**capability)).collect();
    assert!(gone.is_empty(), "no longer in furnace-core: {gone:?}");
    for (capability, in_c) in TABLE {
        match in_c {
            By(name) => assert!(is_declared(name), "{capability} is not had by {name}: there is none"),
            Otherwise(why) => assert!(!why.is_empty()),
        }
    }
    Ok(())
}

fn is_declared(name: &str) -> bool {
    header::functions().iter().any(|function| function.name == name) || header::constants().iter().any(|it| it == name)
}

fn nothing_is_made_up() -> Outcome {
    for function in header::functions() {
        let name = function.name.as_str();
        let is_of_handles = name.ends_with("_free") || name.ends_with("_set_log");
        let is_told = TABLE.iter().any(|(_, in_c)| matches!(in_c, By(by) if *by == name));
        assert!(
            is_of_handles || is_told || OF_C.contains(&name),
            "{name} is in no table"
        );
    }
    for name in OF_C {
        assert!(is_declared(name), "{name} is not in the header");
    }
    Ok(())
}
