"""The module :mod:`subprocess`, for commands in a container."""

from .popen import Popen
from .run import run

__all__ = ["Popen", "run"]
