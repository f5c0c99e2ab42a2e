"""What a program that mounts wants to know."""

import ctypes
import os
from typing import TYPE_CHECKING

from ._capi import encoded, library
from .errors import Code, Error

if TYPE_CHECKING:
    from ._capi.text import StrOrBytesPath

__all__ = ["is_mount_point"]


def is_mount_point(path: "StrOrBytesPath") -> bool:
    """Whether something is mounted at ``path``: a bind mount of a directory or a file counts, too. A symlink to a mount
    point is none, nor is what does not exist.
    """
    result = ctypes.c_bool()
    try:
        library.furnace_is_mount_point(encoded(path), result)
    except Error as error:
        if error.code in (Code.NOT_FOUND, Code.NOT_A_DIRECTORY):
            return False
        raise
    return result.value and not os.path.islink(path)
