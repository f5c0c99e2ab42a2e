"""The names of the users and groups of a container, as its passwd(5) and group(5) have them."""

from .._capi import Handle, encoded, library
from .._capi.types import UserPointer
from ..errors import Code, Error


def user_id(container: Handle, name: str) -> int:
    """The id of a user. What consists of digits is a number, and not looked up.

    :raises KeyError: if there is none of that name.
    """
    uid: int = library.furnace_user_uid(_find(container, "user", name, name + ":0"))
    return uid


def group_id(container: Handle, name: str) -> int:
    """The id of a group. What consists of digits is a number, and not looked up.

    :raises KeyError: if there is none of that name.
    """
    gid: int = library.furnace_user_gid(_find(container, "group", name, "0:" + name))
    return gid


def _find(container: Handle, what: str, name: str, specification: str) -> Handle:
    if ":" in name:
        raise KeyError("%r is no name of a %s" % (name, what))
    try:
        return Handle.made_by(library.furnace_container_find_user, UserPointer, container, encoded(specification))
    except Error as error:
        # What is wrong with the files has their path.
        if error.code == Code.NOT_FOUND or (error.code == Code.INVALID_INPUT and error.path is None):
            raise KeyError(str(error.strerror)) from error
        raise
