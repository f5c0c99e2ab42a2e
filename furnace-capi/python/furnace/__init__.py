"""A sturdier chroot: run commands in a directory that holds a system, with namespaces and mounts of their own.

It is :mod:`subprocess` for another root directory::

    from furnace import ContainerContext

    with ContainerContext("/srv/debian") as container:
        container.run(["apt-get", "install", "-y", "gcc"], check=True)
"""

from .context import ContainerContext
from .errors import Error
from .version import get_version

__all__ = ["ContainerContext", "Error", "__version__"]

__version__ = get_version()
