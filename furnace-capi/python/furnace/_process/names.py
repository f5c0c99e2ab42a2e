"""The names of the users and groups of a container, as passwd(5) and group(5) have them there.

Whatever the container's files are, they are read by a process inside: nothing of them is opened here.
"""

import os
import select
import signal
import time
from typing import Iterator, List

from .._capi import Handle
from .child import Child
from .command import Command

#: How long reading may take, in seconds, and how much is read, in bytes: the file may be a pipe, or have no end.
_PATIENCE = 30.0
_MOST = 64 << 20


def user_id(container: Handle, name: str) -> int:
    """The id of a user.

    :raises KeyError: if there is none of that name.
    """
    return _id("user", name, container, "/etc/passwd")


def group_id(container: Handle, name: str) -> int:
    """The id of a group.

    :raises KeyError: if there is none of that name.
    """
    return _id("group", name, container, "/etc/group")


def _id(what: str, name: str, container: Handle, path: str) -> int:
    wanted = os.fsencode(name)
    for line in _lines(container, path):
        fields = line.split(b":")
        # In both files: the name, a password, the id.
        if fields[0] == wanted and len(fields) > 2 and fields[2].isdigit():
            return int(fields[2])
    raise KeyError("there is no %s %r in %s of the container" % (what, name, path))


def _lines(container: Handle, path: str) -> Iterator[bytes]:
    rest = b""
    for chunk in _read(container, path):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    yield rest


def _read(container: Handle, path: str) -> Iterator[bytes]:
    ours, theirs = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    open_here: List[int] = [theirs, null]
    try:
        command = Command(container, "cat", ["cat", path])
        command.set_environment({})
        command.set_streams(null, theirs, null)
        child = Child(command.spawn())
        del command
        while open_here:
            os.close(open_here.pop())
        try:
            yield from _read_some(ours, path)
        finally:
            child.kill(signal.SIGKILL)
            child.wait_until_ended(time.monotonic() + _PATIENCE)
            child.try_wait()
    finally:
        for number in (ours, *open_here):
            os.close(number)


def _read_some(stream: int, path: str) -> Iterator[bytes]:
    deadline, left = time.monotonic() + _PATIENCE, _MOST
    waiting = select.poll()
    waiting.register(stream, select.POLLIN)
    while waiting.poll(max(0, int((deadline - time.monotonic()) * 1000))):
        chunk = os.read(stream, 1 << 16)
        left -= len(chunk)
        if not chunk:
            return
        if left < 0:
            raise OverflowError("%s of the container is longer than %d bytes" % (path, _MOST))
        yield chunk
    raise TimeoutError("%s of the container could not be read within %d seconds" % (path, _PATIENCE))
