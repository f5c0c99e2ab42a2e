"""Mounts on the host, and whether there are any."""

import logging
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import furnace
from furnace.libc import is_mount_point
from furnace.utils import BindMountContext, MountContext, OverlayfsMountContext


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/file").write_text("content")
    return tmp_path / "source"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def test_a_bind(source: Path, place: Path) -> None:
    assert not is_mount_point(place)
    with BindMountContext(source, place) as mount:
        assert isinstance(mount, MountContext)
        assert (mount.source, mount.destination, mount.read_only) == (source, place, False)
        assert is_mount_point(place)
        (place / "new").write_text("written")
    assert not is_mount_point(place)
    assert (source / "new").read_text() == "written"
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("arguments, keywords", [((True,), {}), ((), {"read_only": True})])
def test_a_read_only_bind(source: Path, place: Path, arguments: "tuple[bool]", keywords: "dict[str, bool]") -> None:
    with BindMountContext(str(source), str(place), *arguments, **keywords):
        assert (place / "file").read_text() == "content"
        with pytest.raises(OSError) as caught:
            (place / "new").touch()
        assert caught.value.errno == 30


def test_a_bind_of_a_file(source: Path, place: Path) -> None:
    target = place / "target"
    target.touch()
    with BindMountContext(source / "file", target):
        assert target.read_text() == "content"
        assert is_mount_point(target)
    assert target.read_text() == ""


def test_a_read_only_bind_keeps_the_flags_of_its_source(tmp_path: Path, source: Path, place: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "nosuid,nodev,noexec", "strict", str(source)], check=True)
    try:
        with BindMountContext(source, place, read_only=True):
            lines = Path("/proc/self/mountinfo").read_text().splitlines()
            options = next(line.split()[5] for line in lines if line.split()[4] == str(place))
    finally:
        subprocess.run(["umount", str(source)], check=True)
    assert {"ro", "nosuid", "nodev", "noexec"} <= set(options.split(","))


def test_an_overlay(tmp_path: Path, source: Path, place: Path) -> None:
    for name in ("below", "upper", "work"):
        (tmp_path / name).mkdir()
    (tmp_path / "below/file").write_text("hidden")
    (tmp_path / "below/other").write_text("other")
    # The working directory and the upper one must not be on an overlay themselves.
    try:
        context = OverlayfsMountContext([source, tmp_path / "below"], tmp_path / "upper", tmp_path / "work", place)
        with context as mount:
            assert mount.ro_dirs == [source, tmp_path / "below"]
            assert ((place / "file").read_text(), (place / "other").read_text()) == ("content", "other")
            (place / "file").write_text("changed")
    except furnace.Error as error:
        if error.code == furnace.errors.Code.UNSUPPORTED:
            pytest.skip("no overlay can be mounted in %s: %s" % (tmp_path, error))
        raise
    assert (source / "file").read_text() == "content"
    assert (tmp_path / "upper/file").read_text() == "changed"
    assert not is_mount_point(place)


def test_a_busy_mount_goes_lazily_with_a_warning(source: Path, place: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "furnace"):
        with BindMountContext(source, place):
            file = (place / "file").open()
    assert not is_mount_point(place)
    assert file.read() == "content"
    file.close()
    assert [record.levelname for record in caplog.records if record.name == "furnace"] == ["WARNING"]


def test_mounted_and_unmounted_by_hand(source: Path, place: Path) -> None:
    mount = BindMountContext(source, place)
    for _ in range(2):
        mount.mount()
        assert is_mount_point(place)
        with pytest.raises(RuntimeError, match="mounted already"):
            mount.mount()
        mount.umount()
        assert not is_mount_point(place)
        with pytest.raises(RuntimeError, match="not mounted"):
            mount.umount()


def test_what_nobody_unmounts_stays(source: Path, place: Path) -> None:
    program = """
        import gc, sys
        from furnace.utils import BindMountContext
        BindMountContext(sys.argv[1], sys.argv[2]).mount()
        gc.collect()
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program), str(source), str(place)], check=True)
    assert is_mount_point(place)
    subprocess.run(["umount", str(place)], check=True)


def test_what_somebody_else_has_unmounted_is_left_alone(source: Path, place: Path) -> None:
    with BindMountContext(source, place):
        with BindMountContext(source, place):
            pass
        assert is_mount_point(place)
        subprocess.run(["umount", str(place)], check=True)
    assert not is_mount_point(place)


def test_failures_name_what_is_missing(source: Path, place: Path, tmp_path: Path) -> None:
    for mount in (
        BindMountContext(tmp_path / "missing", place),
        BindMountContext(source, tmp_path / "missing"),
        OverlayfsMountContext([tmp_path / "missing"], tmp_path, tmp_path, place),
    ):
        with pytest.raises(OSError) as caught:
            mount.mount()
        assert caught.value.errno == 2
        assert "missing" in str(caught.value)
        with pytest.raises(RuntimeError):
            mount.umount()
    with pytest.raises(ValueError):
        BindMountContext("\0", place).mount()


def test_mount_points(source: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = tmp_path / "with space\nand\\newline"
    odd.mkdir()
    link = tmp_path / "link"
    link.symlink_to(odd)
    monkeypatch.chdir(tmp_path)
    with BindMountContext(source, odd):
        assert is_mount_point(odd)
        assert is_mount_point(os.fsencode(odd))
        assert is_mount_point(Path(odd.name))
        assert not is_mount_point(link)
    assert not is_mount_point(odd)
    assert is_mount_point(Path("/proc"))
    assert is_mount_point("/")
    assert not is_mount_point(Path("/no/such/directory"))
    assert not is_mount_point(Path("/etc/passwd/x"))
