"""Strings on their way to C."""

import ctypes
import os
from typing import Any, Iterable, List, Optional, Union

StrOrBytesPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]


def encoded(text: StrOrBytesPath) -> bytes:
    """As the kernel takes it.

    :raises ValueError: if there is a NUL byte in it, where C would see its end.
    """
    given = os.fsencode(text)
    if b"\0" in given:
        raise ValueError("embedded null byte")
    return given


def array(strings: Iterable[bytes]) -> Any:
    """An array that ends with NULL."""
    ended: List[Optional[bytes]] = [*strings, None]
    return (ctypes.c_char_p * len(ended))(*ended)
