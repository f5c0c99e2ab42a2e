"""A container for the length of a ``with`` block."""

import atexit
import ctypes
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterable, List, NamedTuple, Optional, Tuple, Type, TypeVar, Union

from . import _process
from ._capi import Handle, encoded, library
from ._capi.types import BuilderPointer, ContainerPointer, ShellOptionsPointer
from ._log import log_to_python

__all__ = ["ContainerContext"]

_Self = TypeVar("_Self", bound="ContainerContext")

if TYPE_CHECKING:
    StrPath = Union[str, "os.PathLike[str]"]
    Bind = Tuple[StrPath, StrPath, bool]


class _Pid1(NamedTuple):
    pid: int


class ContainerContext:
    """A container in the root directory ``root_dir``, for the length of a ``with`` block::

        with ContainerContext("/srv/debian") as container:
            container.run(["ls", "/"], check=True)

    When the block is left, whatever still runs in it is killed, and of the container nothing is left. It can be entered
    again then. Within the block, any number of threads may use it.

    :param root_dir: the directory that is ``/`` inside. It is resolved now.
    :param isolate_networking: whether it has a network of its own, of which only the loopback interface is there and up.
        Otherwise it has the host's network and name servers (``/etc/resolv.conf``).
    :param bind_mounts: directories and files of the host to be seen inside, too: :class:`~furnace.config.BindMount`\\ s, or
        tuples of source, destination and whether it is read-only.
    """

    def __init__(
        self, root_dir: "StrPath", *, isolate_networking: bool = False, bind_mounts: "Optional[Iterable[Bind]]" = None
    ) -> None:
        self.root_dir = Path(root_dir).resolve()
        self.isolate_networking = isolate_networking
        self.bind_mounts: "List[Bind]" = list(bind_mounts or ())
        self._container: Optional[Handle] = None
        self._owner = 0
        if TYPE_CHECKING:
            # They are called as those of subprocess are, and the results are of the same types.
            self.run = subprocess.run
            self.Popen = subprocess.Popen

    def __enter__(self: _Self) -> _Self:
        """Starts the container.

        :raises furnace.Error: if it cannot be started; nothing of it is left then.
        """
        if self._container is not None:
            raise RuntimeError("the container in %s runs already" % self.root_dir)
        self._container = Handle.made_by(library.furnace_builder_start, ContainerPointer, self._builder())
        self._owner = os.getpid()
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc_value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        container, self._container = self._container, None
        # A forked copy of this program may leave its copy of the block; the container is not its to stop.
        if container is not None and self._owner == os.getpid():
            library.furnace_container_stop(container)

    def _builder(self) -> Handle:
        builder = Handle.made_by(library.furnace_builder_new, BuilderPointer, encoded(self.root_dir))
        library.furnace_builder_set_isolate_network(builder, bool(self.isolate_networking))
        for source, destination, read_only in self.bind_mounts:
            add = library.furnace_builder_add_bind_ro if read_only else library.furnace_builder_add_bind
            add(builder, encoded(source), encoded(destination))
        log_to_python(library.furnace_builder_set_log, builder)
        return builder

    def _running(self) -> Handle:
        if self._container is None:
            raise RuntimeError("no container runs: this works only within the with block")
        return self._container

    @property
    def pid(self) -> int:
        """The pid of the container's PID 1, as it is outside."""
        pid: int = library.furnace_container_pid(self._running())
        return pid

    @property
    def pid1(self) -> _Pid1:
        """The container's PID 1, for ``pid1.pid``."""
        return _Pid1(self.pid)

    if not TYPE_CHECKING:

        def run(self, *popenargs: Any, **kwargs: Any) -> "subprocess.CompletedProcess[Any]":
            """:func:`subprocess.run`, in the container."""
            return _process.run(self.Popen, *popenargs, **kwargs)

        def Popen(self, *args: Any, **kwargs: Any) -> "subprocess.Popen[Any]":
            """:class:`subprocess.Popen`, in the container."""
            return _process.Popen(self._running(), *args, **kwargs)

    def interactive_shell(self, virtual_hostname: str = "container") -> None:
        """A shell for whoever sits at this program's terminal, until they leave it: bash, or sh where there is none.

        It is on a terminal of the container's own, with job control, and that of this program is given back as it was. Of
        this program's environment it has nothing but ``TERM``.

        :param virtual_hostname: what the prompt calls the container.
        :raises furnace.Error: if there is no shell in the container.
        """
        options = Handle.made_by(library.furnace_shell_options_new, ShellOptionsPointer)
        library.furnace_shell_options_set_hostname(options, encoded(virtual_hostname))
        library.furnace_shell_options_clear_env(options)
        print(flush=True)
        # For an end of this program that the shell does not live to see.
        atexit.register(library.furnace_restore_terminals)
        try:
            library.furnace_container_shell(self._running(), options, None, ctypes.c_int())
        finally:
            atexit.unregister(library.furnace_restore_terminals)
