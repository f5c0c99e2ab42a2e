"""A command that runs in a container, as the library knows it."""

import ctypes
import select
import time
from typing import Optional

from .._capi import Handle, library
from ..errors import Code, Error, plain

#: What poll(2) can wait at most, in seconds; far less than its limit.
_LONGEST = 3600.0
#: How often to ask for the status of one that a debugger has not let go of yet, in seconds.
_PAUSE = 0.001


class Child:
    """A child of this process. Nothing here changes: it may be used in several threads."""

    __slots__ = ("_handle", "pid")

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self.pid: int = library.furnace_child_pid(handle)

    def kill(self, signal: int) -> None:
        """Sends it a signal. That it has ended is no error, and no other process can be hit.

        :raises OSError: as :func:`os.kill`.
        """
        if signal == 0:
            # Whether there is such a process: it has not been reaped, so there is.
            return
        try:
            library.furnace_child_kill(self._handle, signal)
        except Error as error:
            raise plain(error) from error

    def try_wait(self) -> Optional[int]:
        """Its status as waitpid(2) tells it, if it has ended.

        :raises ChildProcessError: if somebody else was told the status.
        """
        ended, status = ctypes.c_bool(), ctypes.c_int()
        try:
            library.furnace_child_try_wait(self._handle, ended, status)
        except Error as error:
            if error.code != Code.STATUS_LOST:
                raise
            raise plain(error) from error
        return status.value if ended.value else None

    def wait_until_ended(self, deadline: Optional[float]) -> bool:
        """Whether it ends before the deadline, which is one of :func:`time.monotonic`."""
        waiting = select.poll()
        # Waited for here and not by the library, so that an interrupt is noticed.
        waiting.register(library.furnace_child_pidfd(self._handle), select.POLLIN)
        while True:
            left = _LONGEST if deadline is None else min(_LONGEST, max(0.0, deadline - time.monotonic()))
            # Rounded up: before the deadline it is not over.
            if waiting.poll(-int(-left * 1000 // 1)):
                return True
            if deadline is not None and time.monotonic() >= deadline:
                return False

    @staticmethod
    def pause() -> None:
        """What to do when it has ended, but has no status yet."""
        time.sleep(_PAUSE)
