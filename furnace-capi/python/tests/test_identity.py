"""As whom a command runs. Names are those of the container."""

import os
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from furnace import ContainerContext, Error


def ids(container: ContainerContext, **keywords: Any) -> str:
    done = container.run(["sh", "-c", "echo $(id -u) $(id -g) $(id -G)"], stdout=PIPE, text=True, **keywords)
    return str(done.stdout).strip()


def test_numbers(container: ContainerContext) -> None:
    assert ids(container, user=5, group=6, extra_groups=[7, 8]) == "5 6 6 7 8"
    assert ids(container, user=5) == "5 0 0"
    assert ids(container, group=6, extra_groups=()) == "0 6 6"
    assert ids(container, extra_groups=[9]) == "0 0 0 9"
    assert ids(container, user=2**32 - 2) == "4294967294 0 0"


def test_names(container: ContainerContext) -> None:
    assert ids(container, user="builder", group="builders", extra_groups=["makers", 8]) == "1234 2345 2345 8 3456"


def test_what_consists_of_digits_is_a_number(container: ContainerContext) -> None:
    """Whatever the container's files say: there, 7 is the name of another."""
    assert ids(container, user="7", group="8", extra_groups=["9"]) == "7 8 8 9"


@pytest.mark.parametrize(
    "name", ["", "-1", "4294967296", "builder:builders", "0:0", "no body", "no-such-user", "\udcff"]
)
def test_what_is_no_name_is_told(container: ContainerContext, name: str) -> None:
    for keywords in (dict(user=name), dict(group=name), dict(extra_groups=[name])):
        with pytest.raises(KeyError):
            ids(container, **keywords)


def test_names_of_the_host_mean_nothing(root: Path) -> None:
    (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nnobody:x:4321:1::/:/bin/sh\n")
    (root / "etc/group").write_text("daemon:x:4322:\n")
    with ContainerContext(root) as container:
        assert ids(container, user="nobody", group="daemon", extra_groups=[]) == "4321 4322 4322"
        with pytest.raises(KeyError, match="daemon"):
            ids(container, user="daemon")


def test_a_symlink_to_the_hosts_users_is_not_followed_there(root: Path, tmp_path: Path) -> None:
    (tmp_path / "passwd").write_text("trap:x:0:0::/:/bin/sh\n")
    (root / "etc/passwd").unlink()
    (root / "etc/passwd").symlink_to(tmp_path / "passwd")
    with ContainerContext(root) as container:
        with pytest.raises((KeyError, OSError)):
            ids(container, user="trap")


def test_a_user_cannot_enter_where_it_may_not(container: ContainerContext, root: Path) -> None:
    (root / "root").chmod(0o700)
    with ContainerContext(root) as own:
        with pytest.raises(PermissionError) as caught:
            ids(own, user=5, cwd="/root")
    assert caught.value.filename == "/root"


def test_a_user_cannot_execute_what_it_may_not(root: Path) -> None:
    (root / "bin/id").chmod(0o700)
    with ContainerContext(root) as container:
        with pytest.raises(PermissionError):
            container.run(["id"], user=5)


def test_files_that_are_none_are_refused(root: Path) -> None:
    (root / "etc/passwd").unlink()
    os.mkfifo(str(root / "etc/passwd"))
    (root / "etc/group").unlink()
    (root / "etc/group").symlink_to("/dev/zero")
    with ContainerContext(root) as container:
        for keywords in (dict(user="builder"), dict(group="builders")):
            with pytest.raises(Error, match="/etc/(passwd|group)"):
                ids(container, **keywords)
