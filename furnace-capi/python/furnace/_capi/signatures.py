"""What the functions of furnace.h take and give, of those that are used here: result type first."""

from ctypes import POINTER, c_bool, c_char_p, c_int, c_int64, c_size_t, c_uint32, c_void_p
from typing import Any, Dict, Tuple

from .types import (
    BuilderPointer,
    ChildPointer,
    CommandPointer,
    ContainerPointer,
    ErrorPointer,
    HostMountPointer,
    LogCallback,
    Number,
    Status,
    Text,
)

Error = POINTER(ErrorPointer)
Strings = POINTER(c_char_p)

SIGNATURES: Dict[str, Tuple[Any, Tuple[Any, ...]]] = {
    "furnace_error_free": (None, (ErrorPointer,)),
    "furnace_error_code": (c_int, (ErrorPointer,)),
    "furnace_error_phase": (c_int, (ErrorPointer,)),
    "furnace_error_errno": (c_int, (ErrorPointer,)),
    "furnace_error_step": (c_int64, (ErrorPointer,)),
    "furnace_error_path": (Text, (ErrorPointer,)),
    "furnace_error_message": (Text, (ErrorPointer,)),
    "furnace_error_remedy": (Text, (ErrorPointer,)),
    "furnace_builder_new": (Status, (c_char_p, POINTER(BuilderPointer), Error)),
    "furnace_builder_free": (None, (BuilderPointer,)),
    "furnace_builder_add_bind": (Status, (BuilderPointer, c_char_p, c_char_p, Error)),
    "furnace_builder_add_bind_ro": (Status, (BuilderPointer, c_char_p, c_char_p, Error)),
    "furnace_builder_set_isolate_network": (Status, (BuilderPointer, c_bool, Error)),
    "furnace_builder_set_log": (Status, (BuilderPointer, c_int, LogCallback, c_void_p, Error)),
    "furnace_builder_start": (Status, (BuilderPointer, POINTER(ContainerPointer), Error)),
    "furnace_container_free": (None, (ContainerPointer,)),
    "furnace_container_stop": (Status, (ContainerPointer, Error)),
    "furnace_container_pid": (Number, (ContainerPointer,)),
    "furnace_container_command": (Status, (ContainerPointer, c_char_p, POINTER(CommandPointer), Error)),
    "furnace_command_free": (None, (CommandPointer,)),
    "furnace_command_add_args": (Status, (CommandPointer, Strings, Error)),
    "furnace_command_set_arg0": (Status, (CommandPointer, c_char_p, Error)),
    "furnace_command_set_envp": (Status, (CommandPointer, Strings, Error)),
    "furnace_command_set_current_dir": (Status, (CommandPointer, c_char_p, Error)),
    "furnace_command_set_stream_fd": (Status, (CommandPointer, c_int, c_int, Error)),
    "furnace_command_set_fd": (Status, (CommandPointer, c_int, c_int, Error)),
    "furnace_command_set_uid": (Status, (CommandPointer, c_uint32, Error)),
    "furnace_command_set_gid": (Status, (CommandPointer, c_uint32, Error)),
    "furnace_command_set_groups": (Status, (CommandPointer, POINTER(c_uint32), c_size_t, Error)),
    "furnace_command_set_process_group": (Status, (CommandPointer, c_int, Error)),
    "furnace_command_set_new_session": (Status, (CommandPointer, c_bool, Error)),
    "furnace_command_set_umask": (Status, (CommandPointer, c_uint32, Error)),
    "furnace_command_ignore_signal": (Status, (CommandPointer, c_int, Error)),
    "furnace_command_default_signal": (Status, (CommandPointer, c_int, Error)),
    "furnace_command_spawn": (Status, (CommandPointer, POINTER(ChildPointer), Error)),
    "furnace_child_free": (None, (ChildPointer,)),
    "furnace_child_pid": (Number, (ChildPointer,)),
    "furnace_child_pidfd": (Number, (ChildPointer,)),
    "furnace_child_kill": (Status, (ChildPointer, c_int, Error)),
    "furnace_child_try_wait": (Status, (ChildPointer, POINTER(c_bool), POINTER(c_int), Error)),
    "furnace_host_bind": (Status, (c_char_p, c_char_p, c_uint32, POINTER(HostMountPointer), Error)),
    "furnace_host_overlay": (Status, (Strings, c_char_p, c_char_p, c_char_p, POINTER(HostMountPointer), Error)),
    "furnace_host_mount_set_log": (Status, (HostMountPointer, c_int, LogCallback, c_void_p, Error)),
    "furnace_host_mount_unmount": (Status, (HostMountPointer, Error)),
    "furnace_host_mount_free": (None, (HostMountPointer,)),
    "furnace_is_mount_point": (Status, (c_char_p, POINTER(c_bool), Error)),
}
