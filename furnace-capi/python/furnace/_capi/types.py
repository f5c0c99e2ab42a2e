"""The types of furnace.h, as ctypes has them."""

import ctypes
from typing import ClassVar


class Status(ctypes.c_int):
    """What a function gives that can fail: 0 or a negative errno. Its last argument is an :class:`ErrorPointer`."""


class Deed(Status):
    """A :class:`Status` of a function that does something, and may tell so by a :data:`LogCallback`."""


class Number(ctypes.c_int):
    """What a function gives that fails only for NULL."""


class Text(ctypes.c_char_p):
    """Borrowed text for people, in UTF-8, or NULL."""


class Path(ctypes.c_char_p):
    """A borrowed path, of any bytes, or NULL."""


class Pointer(ctypes.c_void_p):
    """A pointer to an object that has to be freed."""

    free: ClassVar[str]
    #: Whether to free it may be told by a :data:`LogCallback`.
    tells: ClassVar[bool] = False


class ErrorPointer(Pointer):
    free = "furnace_error_free"


class BuilderPointer(Pointer):
    free = "furnace_builder_free"


class ContainerPointer(Pointer):
    free = "furnace_container_free"
    tells = True


class CommandPointer(Pointer):
    free = "furnace_command_free"


class ChildPointer(Pointer):
    free = "furnace_child_free"


class UserPointer(Pointer):
    free = "furnace_user_free"


class ShellOptionsPointer(Pointer):
    free = "furnace_shell_options_free"


class HostMountPointer(Pointer):
    free = "furnace_host_mount_free"
    tells = True


LogCallback = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
"""``furnace_log_callback``: the level, the message, and what was given with the function."""
