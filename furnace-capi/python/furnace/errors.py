"""What can go wrong with a container."""

import enum
import os
from typing import Any, Optional

__all__ = ["Code", "Error", "Phase"]


class Code(enum.IntEnum):
    """What kind of failure it was: ``FURNACE_ERROR_*`` of furnace.h, which says more."""

    INVALID_INPUT = 1
    NOT_FOUND = 2
    PERMISSION_DENIED = 3
    NOT_A_DIRECTORY = 4
    ARGUMENT_LIST_TOO_LONG = 5
    NOT_EXECUTABLE = 6
    UNSUPPORTED = 7
    READ_ONLY_FILESYSTEM = 8
    RESOURCE_EXHAUSTED = 9
    ALREADY_EXISTS = 10
    RESOURCE_BUSY = 11
    ENDED = 12
    TIMED_OUT = 13
    STATUS_LOST = 14
    INTERNAL = 15
    OTHER = 16


class Phase(enum.IntEnum):
    """When it failed: ``FURNACE_PHASE_*`` of furnace.h, which says more."""

    CONFIGURE = 1
    START = 2
    SPAWN = 3
    EXECUTE = 4
    WAIT = 5
    STOP = 6
    DETACH = 7
    ATTACH = 8
    MOUNT = 9
    UNMOUNT = 10
    COMPARE = 11
    OTHER = 12
    CARRY = 13


class Error(OSError, RuntimeError):
    """Why a container could not be started, used or stopped, or something not mounted.

    It is an :class:`OSError`, with ``errno``, ``strerror`` and ``filename`` as always, and also a :class:`RuntimeError`,
    which is what programs have caught around a start.
    """

    code: int
    """One of :class:`Code`, or a number that is new."""
    phase: int
    """One of :class:`Phase`, or a number that is new."""
    step: Optional[int]
    """Which step of a start failed, by its number in what ``furnace explain`` tells."""
    path: Optional[str]
    """The path that could not be used; of the host, or inside the container for what is there."""
    remedy: Optional[str]
    """What probably helps, where that is known."""

    def __init__(
        self,
        errno: int,
        message: str,
        path: Optional[str] = None,
        *,
        code: int = Code.OTHER,
        phase: int = Phase.OTHER,
        step: Optional[int] = None,
        remedy: Optional[str] = None,
    ) -> None:
        super().__init__(errno, message, path)
        self.code = _known(Code, code)
        self.phase = _known(Phase, phase)
        self.step = step
        self.path = path
        self.remedy = remedy

    def __str__(self) -> str:
        """The whole sentence, and below it what helps."""
        message = str(self.strerror)
        return message if self.remedy is None else "%s\n  help: %s" % (message, self.remedy)


def plain(error: Error, *filename: Any) -> OSError:
    """What Python itself would raise: of the class that belongs to the errno, with the words of strerror(3)."""
    number = error.errno or 0
    return OSError(number, os.strerror(number), *filename)


def _known(kind: "type[enum.IntEnum]", number: int) -> int:
    try:
        return kind(number)
    except ValueError:
        return number
