"""Where libfurnace is, and whether it is the one that this package was written for."""

import ctypes
import os
import sys
from typing import Optional

from ..version import get_version

VARIABLE = "FURNACE_LIBRARY"


def load() -> ctypes.CDLL:
    """The library: the one that FURNACE_LIBRARY names, or that came with this package, or that of the system.

    :raises ImportError: if it cannot be loaded, or is of another version than this package.
    """
    path = _path()
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(
            "the package furnace needs libfurnace, and cannot load it: %s (a wheel contains it; otherwise install it, "
            "or let %s name the file)" % (error, VARIABLE),
            name="furnace",
            path=path,
        ) from error
    _check_version(library, path)
    return library


def _path() -> str:
    return _named() or _carried() or "libfurnace.so." + _abi(get_version())


def _named() -> Optional[str]:
    return None if sys.flags.ignore_environment else os.environ.get(VARIABLE)


def _carried() -> Optional[str]:
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "libfurnace.so")
    return path if os.path.exists(path) else None


def _abi(version: str) -> str:
    """What of a version must be the same for two to work together, as in the soname."""
    major, minor = version.split(".")[:2]
    return major if major != "0" else "0." + minor


def _check_version(library: ctypes.CDLL, path: str) -> None:
    try:
        function = library.furnace_version
    except AttributeError:
        raise ImportError("%s is no libfurnace: it has no furnace_version" % path, name="furnace", path=path) from None
    function.restype = ctypes.c_char_p
    found = function().decode()
    if _abi(found) != _abi(get_version()):
        raise ImportError(
            "%s is libfurnace %s, but the package furnace is of version %s; install the two of one version"
            % (path, found, get_version()),
            name="furnace",
            path=path,
        )
