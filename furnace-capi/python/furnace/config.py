"""What a container is made with."""

import os
from pathlib import Path
from typing import List, NamedTuple, Union

__all__ = ["HOST_NETWORK_BIND_MOUNTS", "HOSTNAME", "BindMount"]


class BindMount(NamedTuple):
    """A directory or a file of the host that is also seen in a container."""

    source: Union[str, "os.PathLike[str]"]
    """Where it is on the host."""
    destination: Union[str, "os.PathLike[str]"]
    """Where it is in the container: absolute, or relative to the root directory. What is missing of it is made."""
    readonly: bool
    """Whether nothing can be changed through it."""


HOSTNAME = "localhost"
"""The host name inside."""

HOST_NETWORK_BIND_MOUNTS: List[BindMount] = [
    BindMount(source=Path("/etc/resolv.conf"), destination=Path("/etc/resolv.conf"), readonly=True),
]
"""What containers with the host's network have, in effect; they need not be given it."""
