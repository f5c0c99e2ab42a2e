"""As whom a command runs."""

from typing import Any, Iterable, List, NamedTuple, Optional, Union

from .._capi import Handle
from . import names

#: One more is what the kernel takes for "unchanged".
_LARGEST = 2**32 - 2


class Identity(NamedTuple):
    """The ids to take, where they are to change."""

    uid: Optional[int]
    gid: Optional[int]
    groups: Optional[List[int]]


def resolve(
    container: Handle,
    user: Optional[Union[str, int]],
    group: Optional[Union[str, int]],
    extra_groups: Optional[Iterable[Union[str, int]]],
) -> Identity:
    """What is meant by subprocess's arguments of these names. Names are those of the container.

    :raises KeyError: for a name that is not there.
    """
    if isinstance(extra_groups, str):
        raise ValueError("extra_groups is a string; it must be a list")
    return Identity(
        uid=None if user is None else _user(container, user),
        gid=None if group is None else _group(container, group),
        groups=None if extra_groups is None else [_group(container, one) for one in extra_groups],
    )


def _user(container: Handle, user: Any) -> int:
    return _checked("user", names.user_id(container, user) if isinstance(user, str) else user)


def _group(container: Handle, group: Any) -> int:
    return _checked("group", names.group_id(container, group) if isinstance(group, str) else group)


def _checked(what: str, number: Any) -> int:
    if not isinstance(number, int):
        raise TypeError("a %s must be a string or an integer, not %r" % (what, type(number)))
    if number < 0:
        raise ValueError("a %s id cannot be negative: %d" % (what, number))
    if number > _LARGEST:
        raise OverflowError("there is no %s id as large as %d" % (what, number))
    return number
