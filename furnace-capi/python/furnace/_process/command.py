"""What subprocess's arguments mean to the library."""

import ctypes
import os
import signal
from typing import TYPE_CHECKING, Any, Collection, Mapping, Optional, Sequence

from .._capi import Handle, array, encoded, library
from .._capi.types import ChildPointer, CommandPointer
from . import descriptors

if TYPE_CHECKING:
    from .identity import Identity

#: What Python ignores, and subprocess gives their default actions in a command.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)


class Command:
    """A command for a container, before it is spawned."""

    def __init__(self, container: Handle, program: Any, args: Sequence[Any]) -> None:
        arguments = [encoded(argument) for argument in args]
        self._command = Handle.made_by(library.furnace_container_command, CommandPointer, container, encoded(program))
        library.furnace_command_set_arg0(self._command, arguments[0])
        library.furnace_command_add_args(self._command, array(arguments[1:]))

    def set_environment(self, env: Optional[Mapping[Any, Any]]) -> None:
        if env is not None:
            library.furnace_command_set_envp(self._command, array(_variable(*item) for item in env.items()))

    def set_directory(self, cwd: Any) -> None:
        if cwd is not None:
            directory = encoded(cwd)
            if not directory:
                raise FileNotFoundError(2, os.strerror(2), cwd)
            library.furnace_command_set_current_dir(self._command, directory)

    def set_streams(self, *fds: int) -> None:
        """Where the streams 0 to 2 lead; -1 for where this program's own do."""
        for number, fd in enumerate(fds):
            if fd != -1:
                library.furnace_command_set_stream_fd(self._command, number, fd)
            elif descriptors.is_private(number):
                # Not a stream of this program: it has closed that, and opened something else, a pipe's end for one.
                library.furnace_command_set_stream_null(self._command, number)

    def set_descriptors(self, pass_fds: Collection[int], close_fds: bool) -> None:
        for number in descriptors.to_pass(pass_fds):
            library.furnace_command_set_fd(self._command, number, number)
        if not close_fds:
            for number in descriptors.inheritable():
                library.furnace_command_set_fd(self._command, number, number)

    def set_identity(self, identity: "Identity") -> None:
        if identity.groups is not None:
            groups = (ctypes.c_uint32 * len(identity.groups))(*identity.groups)
            library.furnace_command_set_groups(self._command, groups, len(identity.groups))
        if identity.gid is not None:
            library.furnace_command_set_gid(self._command, identity.gid)
        if identity.uid is not None:
            library.furnace_command_set_uid(self._command, identity.uid)

    def set_process_group(self, group: int, new_session: bool) -> None:
        if new_session:
            library.furnace_command_set_new_session(self._command, True)
        if group >= 0:
            library.furnace_command_set_process_group(self._command, group)

    def set_umask(self, umask: int) -> None:
        if umask >= 0:
            library.furnace_command_set_umask(self._command, umask)

    def set_signals(self, restore: bool) -> None:
        for number in _IGNORED_BY_PYTHON:
            if restore:
                library.furnace_command_default_signal(self._command, number)
            elif signal.getsignal(number) == signal.SIG_IGN:
                library.furnace_command_ignore_signal(self._command, number)

    def spawn(self) -> Handle:
        return Handle.made_by(library.furnace_command_spawn, ChildPointer, self._command)


def _variable(name: Any, value: Any) -> bytes:
    name_bytes = encoded(name)
    if not name_bytes or b"=" in name_bytes:
        raise ValueError("illegal environment variable name")
    return name_bytes + b"=" + encoded(value)
