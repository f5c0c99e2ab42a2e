"""Who owns what libfurnace gives."""

from typing import Any, Callable, ClassVar, Dict, Type

from .types import Pointer


class Handle:
    """Owns an object of the library, which is freed when nobody refers to this any more.

    It can be given to the library's functions. As long as one runs, in whatever thread, its arguments are referred to: so
    nothing is freed that is in use.
    """

    FREE: ClassVar[Dict[Type[Pointer], Callable[[Pointer], None]]] = {}

    __slots__ = ("_as_parameter_", "_free", "owns")

    def __init__(self, pointer: Pointer) -> None:
        self._as_parameter_ = pointer
        self._free = self.FREE[type(pointer)]
        self.owns = True

    @classmethod
    def made_by(cls, function: Callable[..., Any], kind: Type[Pointer], *arguments: Any) -> "Handle":
        """What a function gives in its last argument but the one for the error."""
        pointer = kind()
        function(*arguments, pointer)
        return cls(pointer)

    def __del__(self) -> None:
        if self.owns:
            self._free(self._as_parameter_)
