"""Which descriptors of this program a command gets."""

import os
from typing import Collection, Iterator, List


def to_pass(pass_fds: Collection[int]) -> List[int]:
    """Those that are asked for by number, but for the standard streams, which every command has.

    :raises ValueError: for what is no descriptor's number.
    """
    wanted = sorted(set(map(int, pass_fds)))
    if wanted and wanted[0] < 0:
        raise ValueError("bad value(s) in pass_fds: %d" % wanted[0])
    return [number for number in wanted if number > 2]


def is_private(number: int) -> bool:
    """Whether it is open, and not to be inherited."""
    try:
        return not os.get_inheritable(number)
    except OSError:
        return False


def inheritable() -> Iterator[int]:
    """Those that a new process would inherit, but for the standard streams."""
    for number in map(int, os.listdir("/proc/self/fd")):
        try:
            if number > 2 and os.get_inheritable(number):
                yield number
        except OSError:
            # The one that the list was read with, or one that another thread has closed.
            pass
