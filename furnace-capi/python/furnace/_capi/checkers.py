"""What is made of the results of libfurnace's functions, by their type."""

import os
from typing import Any, Callable, Dict, Optional, Tuple

from ..errors import Error
from .handles import Handle
from .types import Deed, Number, Path, Status, Text

Checker = Callable[[Any, Any, Tuple[Any, ...]], Any]


def _raise_error(status: Status, function: Any, arguments: Tuple[Any, ...]) -> None:
    if status.value:
        raise _error_of(Handle(arguments[-1]))


def _number(number: Number, function: Any, arguments: Tuple[Any, ...]) -> int:
    if number.value < 0:
        raise OSError(-number.value, os.strerror(-number.value))
    return number.value


def _text(text: Text, function: Any, arguments: Tuple[Any, ...]) -> Optional[str]:
    return None if text.value is None else text.value.decode(errors="replace")


def _path(path: Path, function: Any, arguments: Tuple[Any, ...]) -> Optional[str]:
    return None if path.value is None else os.fsdecode(path.value)


CHECKERS: Dict[Any, Checker] = {
    Status: _raise_error,
    Deed: _raise_error,
    Number: _number,
    Text: _text,
    Path: _path,
}


def _error_of(error: Handle) -> Error:
    from . import library

    return Error(
        library.furnace_error_errno(error),
        library.furnace_error_message(error),
        library.furnace_error_path(error),
        code=library.furnace_error_code(error),
        phase=library.furnace_error_phase(error),
        step=library.furnace_error_step(error) or None,
        remedy=library.furnace_error_remedy(error),
    )
