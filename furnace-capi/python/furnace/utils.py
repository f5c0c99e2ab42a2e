"""Mounts on the host, for the length of a ``with`` block."""

import abc
import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Iterable, Optional, Type, TypeVar, Union

from ._capi import Handle, array, encoded, library
from ._capi.constants import FURNACE_HOST_READ_ONLY
from ._capi.types import HostMountPointer
from ._log import log_to_python

if TYPE_CHECKING:
    StrPath = Union[str, "os.PathLike[str]"]

__all__ = ["BindMountContext", "MountContext", "OverlayfsMountContext"]

_Self = TypeVar("_Self", bound="MountContext")


class MountContext(abc.ABC):
    """Something that is mounted on the host for the length of a ``with`` block, or from :meth:`mount` to :meth:`umount`;
    without that it stays, also when this program ends.

    It is unmounted lazily if it is in use, with a warning to the logger ``furnace``. This mount goes, never another one:
    where somebody else has unmounted it, nothing is done.
    """

    def __init__(self, source: "StrPath", destination: "StrPath") -> None:
        self.source = source
        self.destination = destination
        self._mounted: Optional[Handle] = None

    @abc.abstractmethod
    def _mount(self) -> Handle:
        """Mounts it."""

    def mount(self) -> None:
        """Mounts it.

        :raises furnace.Error: if that is not possible; nothing is mounted then.
        """
        if self._mounted is not None:
            raise RuntimeError("%s is mounted already" % self.destination)
        mounted = self._mount()
        mounted.owns = False
        log_to_python(library.furnace_host_mount_set_log, mounted)
        self._mounted = mounted

    def umount(self) -> None:
        """Unmounts it.

        :raises furnace.Error: if that is not possible, since another mount lies over it for one.
        """
        mounted, self._mounted = self._mounted, None
        if mounted is None:
            raise RuntimeError("%s is not mounted" % self.destination)
        mounted.owns = True
        library.furnace_host_mount_unmount(mounted)

    def __enter__(self: _Self) -> _Self:
        self.mount()
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc_value: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.umount()


class BindMountContext(MountContext):
    """Shows a directory or a file of the host at another place of it, without what is mounted below it."""

    def __init__(self, source: "StrPath", destination: "StrPath", read_only: bool = False) -> None:
        super().__init__(source, destination)
        self.read_only = read_only

    def _mount(self) -> Handle:
        flags = FURNACE_HOST_READ_ONLY if self.read_only else 0
        return Handle.made_by(
            library.furnace_host_bind, HostMountPointer, encoded(self.source), encoded(self.destination), flags
        )


class OverlayfsMountContext(MountContext):
    """Shows directories over each other: changes go to ``rw_dir``, and ``ro_dirs`` are below it, the uppermost first."""

    def __init__(
        self, ro_dirs: "Iterable[StrPath]", rw_dir: "StrPath", work_dir: "StrPath", destination: "StrPath"
    ) -> None:
        super().__init__("overlay", destination)
        self.ro_dirs = ro_dirs
        self.rw_dir = rw_dir
        self.work_dir = work_dir

    def _mount(self) -> Handle:
        return Handle.made_by(
            library.furnace_host_overlay,
            HostMountPointer,
            array(encoded(directory) for directory in self.ro_dirs),
            encoded(self.rw_dir),
            encoded(self.work_dir),
            encoded(self.destination),
        )
