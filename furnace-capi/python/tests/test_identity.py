"""As whom a command runs. Names are those of the container."""

import os
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from furnace import ContainerContext
from furnace._process import names


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


def test_a_name_of_digits_is_a_name(container: ContainerContext) -> None:
    assert ids(container, user="7") == "77 0 0"
    with pytest.raises(KeyError, match="1234"):
        ids(container, user="1234")


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


def test_users_that_never_come_are_not_waited_for(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_PATIENCE", 0.2)
    (root / "etc/passwd").unlink()
    os.mkfifo(str(root / "etc/passwd"))
    with ContainerContext(root) as container:
        with pytest.raises(TimeoutError, match="/etc/passwd"):
            ids(container, user="builder")


def test_users_without_end_are_not_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_MOST", 1 << 20)
    (root / "etc/passwd").unlink()
    (root / "etc/passwd").symlink_to("/dev/zero")
    with ContainerContext(root) as container:
        with pytest.raises(OverflowError, match="/etc/passwd"):
            ids(container, user="builder")


def test_lines_that_make_no_sense_are_passed_over(root: Path) -> None:
    (root / "etc/passwd").write_bytes(
        b"\n:\nbad\nbuilder:x\nbuilder:x:-1:1\nbuilder:x:1x:\n\xff\xfe:x:5:\nbuilder:x:99:5"
    )
    (root / "etc/group").unlink()
    with ContainerContext(root) as container:
        assert ids(container, user="builder") == "99 0 0"
        assert ids(container, user="\udcff\udcfe") == "5 0 0"
        with pytest.raises(KeyError):
            ids(container, user="bad")
        with pytest.raises(KeyError):
            ids(container, user="")
        with pytest.raises(KeyError):
            ids(container, group="builders")
    (root / "etc/passwd").write_text("builder:x:4294967295:1::/:/bin/sh\n")
    with ContainerContext(root) as container:
        with pytest.raises(OverflowError):
            ids(container, user="builder")
