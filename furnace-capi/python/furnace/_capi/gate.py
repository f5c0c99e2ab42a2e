"""Who may be in the library when Python ends."""

import atexit
import os
import threading
import time
from typing import Optional

#: How long an end waits for those that are in the library, in seconds.
_PATIENCE = 1.0


class Gate:
    """Lets threads into the library until Python ends, and from then on only the one that ends it.

    The library calls back to tell what it does. A daemon thread that is called back when Python ends is ended on the spot,
    by an exception that the library's own code cannot let through: that aborts the process.
    """

    def __init__(self) -> None:
        self._closed_by: Optional[int] = None
        self._begin()
        os.register_at_fork(after_in_child=self._begin)
        atexit.register(self._close)

    def _begin(self) -> None:
        """Nobody is inside: in a forked copy of this program, the other threads are not there."""
        # Garbage may be collected while it is held, and a container with it.
        self._lock = threading.RLock()
        self._inside = 0

    def try_enter(self) -> bool:
        """Whether this thread may; then it has to leave."""
        with self._lock:
            if self._closed_by is not None and self._closed_by != threading.get_ident():
                return False
            self._inside += 1
            return True

    def enter(self) -> None:
        while not self.try_enter():
            # There is nothing that this thread could still do.
            time.sleep(_PATIENCE)

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1

    def _close(self) -> None:
        with self._lock:
            self._closed_by = threading.get_ident()
        deadline = time.monotonic() + _PATIENCE
        while self._inside and time.monotonic() < deadline:
            time.sleep(0.001)


GATE = Gate()
