"""The pipes between this program and a command."""

import fcntl
from typing import Iterable, Optional

#: fcntl(2); in the module fcntl only since Python 3.10.
_F_SETPIPE_SZ = 1031


def checked_size(size: Optional[int]) -> int:
    """The capacity that is asked for, in bytes; not more than 0 for the default."""
    if size is None:
        return -1
    if not isinstance(size, int):
        raise TypeError("pipesize must be an integer")
    return size


def resize(ours: Iterable[int], size: int) -> None:
    """Gives the pipes their capacity. A stream that is no pipe has no end that is ours, but -1."""
    if size > 0:
        for end in ours:
            if end != -1:
                fcntl.fcntl(end, _F_SETPIPE_SZ, size)
