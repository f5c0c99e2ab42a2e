"""libfurnace by ctypes: the functions of furnace.h, and what owns what they give."""

from .binding import bind
from .handles import Handle
from .loading import load
from .text import array, encoded

__all__ = ["Handle", "array", "encoded", "library"]

library = bind(load())
