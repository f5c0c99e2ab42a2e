"""The functions of libfurnace, with their signatures and checkers."""

import ctypes
from types import SimpleNamespace
from typing import Any

from .checkers import CHECKERS
from .gate import GATE
from .handles import Handle
from .signatures import SIGNATURES
from .types import Deed, ErrorPointer, Pointer, Status


def bind(library: ctypes.CDLL) -> Any:
    """All functions that this package uses, as attributes of one object.

    :raises ImportError: if the library lacks one of them.
    """
    missing = [name for name in SIGNATURES if not hasattr(library, name)]
    if missing:
        raise ImportError(
            "%s lacks %s; install a libfurnace of the version of the package furnace"
            % (library._name, ", ".join(missing)),
            name="furnace",
            path=library._name,
        )
    bound = SimpleNamespace()
    for name, (result, arguments) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
        if result in CHECKERS:
            function.errcheck = CHECKERS[result]
        setattr(bound, name, _called_from_here(function, result))
    for pointer in Pointer.__subclasses__():
        free = getattr(bound, pointer.free)
        Handle.FREE[pointer] = _through_the_gate(free) if pointer.tells else free
    return bound


def _called_from_here(function: Any, result: Any) -> Any:
    """What is called instead of the function, which may have a place for an error, and may tell what it does."""
    if result is Deed:
        return _through_the_gate(_with_place_for_error(function))
    return _with_place_for_error(function) if result is Status else function


def _with_place_for_error(function: Any) -> Any:
    def call(*arguments: Any) -> None:
        function(*arguments, ErrorPointer())

    return call


def _through_the_gate(function: Any) -> Any:
    enter, leave = GATE.enter, GATE.leave

    def call(*arguments: Any) -> None:
        enter()
        try:
            function(*arguments)
        finally:
            leave()

    return call
