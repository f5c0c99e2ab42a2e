"""What the library has to tell, as records of :mod:`logging`."""

import logging
from typing import Any, Callable, Optional

from ._capi import Handle
from ._capi.constants import FURNACE_LOG_DEBUG, FURNACE_LOG_ERROR, FURNACE_LOG_INFO, FURNACE_LOG_WARN
from ._capi.types import LogCallback

logger = logging.getLogger("furnace")

#: The least important first.
_LEVELS = {
    FURNACE_LOG_DEBUG: logging.DEBUG,
    FURNACE_LOG_INFO: logging.INFO,
    FURNACE_LOG_WARN: logging.WARNING,
    FURNACE_LOG_ERROR: logging.ERROR,
}


def _tell(level: int, message: Optional[bytes], data: Any) -> None:
    logger.log(_LEVELS.get(level, logging.DEBUG), "%s", (message or b"").decode(errors="replace"))


#: Referred to for ever: containers and their commands outlive whoever made them.
_CALLBACK = LogCallback(_tell)


def log_to_python(set_log: Callable[..., None], handle: Handle) -> None:
    """Lets the owner of the log, and what it makes, tell what the logger ``furnace`` wants to know now."""
    for level, of_python in _LEVELS.items():
        if logger.isEnabledFor(of_python):
            set_log(handle, level, _CALLBACK, None)
            return
