"""The container as such: how it begins and ends, and what is in it."""

import os
import stat
import subprocess
import threading
from pathlib import Path
from typing import Callable, List

import pytest

import furnace
import furnace.context
from furnace import ContainerContext
from furnace.config import HOST_NETWORK_BIND_MOUNTS, BindMount


def test_it_is_found_under_both_names() -> None:
    assert furnace.ContainerContext is furnace.context.ContainerContext


def test_namespaces_are_its_own(container: ContainerContext, sh: Callable[[str], str]) -> None:
    for kind in ("pid", "cgroup", "ipc", "uts", "mnt"):
        assert sh("readlink /proc/self/ns/%s" % kind).strip() != os.readlink("/proc/self/ns/" + kind)
    assert sh("readlink /proc/self/ns/net").strip() == os.readlink("/proc/self/ns/net")


def test_the_network_is_its_own_if_asked_for(shared_root: Path) -> None:
    with ContainerContext(shared_root, isolate_networking=True) as container:
        network = container.run(["readlink", "/proc/self/ns/net"], stdout=subprocess.PIPE, text=True).stdout
        devices = container.run(["cat", "/proc/net/dev"], stdout=subprocess.PIPE, text=True).stdout
        flags = container.run(["cat", "/sys/class/net/lo/flags"], stdout=subprocess.PIPE, text=True).stdout
    assert network.strip() != os.readlink("/proc/self/ns/net")
    assert [line.split(":")[0].strip() for line in devices.splitlines()[2:]] == ["lo"]
    assert int(flags, 16) & 1, "loopback is down"


def test_an_isolated_run_changes_nothing_in_the_root(root: Path) -> None:
    def tree() -> "List[tuple[str, int, int]]":
        files = [root, *root.rglob("*")]
        return sorted((str(file), file.lstat().st_ino, file.lstat().st_mtime_ns) for file in files)

    before = tree()
    with ContainerContext(root, isolate_networking=True) as container:
        container.run(["true"], check=True)
    assert tree() == before


def test_pid_1_is_furnaces_and_nobody_else_is_there(sh: Callable[[str], str]) -> None:
    lines = sh("ps -e -o pid=,comm=").splitlines()
    assert lines[0].split() == ["1", "furnace-init"]
    assert [line.split()[1] for line in lines[1:]] == ["sh", "ps"] or [line.split()[1] for line in lines[1:]] == ["ps"]


def test_pid_1_shows_nothing_of_this_process(container: ContainerContext, sh: Callable[[str], str]) -> None:
    assert sh("cat /proc/1/cmdline") == "furnace-init\0"
    assert sh("cat /proc/1/environ") == ""
    assert container.pid == container.pid1.pid > 1


def test_mounts_are_those_that_a_system_expects(sh: Callable[[str], str]) -> None:
    found = {line.split()[4]: line for line in sh("cat /proc/self/mountinfo").splitlines()}
    for destination, kind, options in (
        ("/proc", "proc", ""),
        ("/dev", "tmpfs", "nosuid"),
        ("/dev/pts", "devpts", "nosuid,noexec"),
        ("/dev/shm", "tmpfs", "nosuid,nodev,noexec"),
        ("/dev/mqueue", "mqueue", "nosuid,nodev,noexec"),
        ("/sys", "sysfs", "ro,nosuid,nodev,noexec"),
        ("/run", "tmpfs", "nosuid,nodev,noexec"),
    ):
        before, _, after = found[destination].partition(" - ")
        assert after.split()[0] == kind
        assert set(options.split(",")) - {""} <= set(before.split()[5].split(","))


def test_device_nodes_whatever_the_umask(shared_root: Path) -> None:
    old = os.umask(0o777)
    try:
        with ContainerContext(shared_root) as container:
            names = "null zero full tty random urandom".split()
            modes = container.run(["stat", "-c", "%a", *("/dev/" + name for name in names)], stdout=subprocess.PIPE)
    finally:
        os.umask(old)
    assert modes.stdout.split() == [b"666"] * 6


def test_the_host_name_is_localhost(sh: Callable[[str], str]) -> None:
    assert sh("hostname") == "localhost\n"


def test_the_hosts_name_servers_are_seen(sh: Callable[[str], str]) -> None:
    assert sh("cat /etc/resolv.conf") == Path("/etc/resolv.conf").read_text()
    assert sh("touch /etc/resolv.conf 2>/dev/null || echo read-only") == "read-only\n"


def test_a_symlink_at_the_name_servers_place_stays(root: Path) -> None:
    place = root / "etc/resolv.conf"
    if place.exists():
        place.unlink()
    place.symlink_to("/run/nowhere/resolv.conf")
    with ContainerContext(root) as container:
        content = container.run(["cat", "/etc/resolv.conf"], stdout=subprocess.PIPE, text=True).stdout
    assert content == Path("/etc/resolv.conf").read_text()
    assert os.readlink(str(place)) == "/run/nowhere/resolv.conf"


def test_binds_of_directories_and_files(root: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_text("of the host")
    binds = [
        BindMount(source, Path("/absolute/and/deep"), False),
        BindMount(str(source), "relative", True),
        (source / "file", "/etc/single", True),
    ]
    with ContainerContext(root, bind_mounts=binds) as container:
        script = "cat /absolute/and/deep/file /relative/file /etc/single; echo new >/absolute/and/deep/new"
        done = container.run(script, shell=True, stdout=subprocess.PIPE, text=True, check=True)
        refused = container.run("echo no >/relative/no", shell=True, stderr=subprocess.DEVNULL)
    assert done.stdout == "of the host" * 3
    assert (source / "new").read_text() == "new\n"
    assert refused.returncode != 0
    assert binds == binds[:3], "the caller's list is the caller's"


def test_the_name_servers_can_be_bound_as_well(shared_root: Path) -> None:
    with ContainerContext(shared_root, bind_mounts=HOST_NETWORK_BIND_MOUNTS) as container:
        content = container.run(["cat", "/etc/resolv.conf"], stdout=subprocess.PIPE, text=True).stdout
    assert content == Path("/etc/resolv.conf").read_text()
    assert len(HOST_NETWORK_BIND_MOUNTS) == 1


def test_a_bind_never_leaves_the_root_through_a_symlink(root: Path, tmp_path: Path) -> None:
    source, victim = tmp_path / "source", tmp_path / "victim"
    source.mkdir()
    victim.mkdir()
    (root / "door").symlink_to(victim)
    (root / victim.relative_to("/")).mkdir(parents=True)
    with ContainerContext(root, bind_mounts=[BindMount(source, "/door/in", False)]) as container:
        container.run(["touch", "/door/in/file"], check=True)
        assert list(victim.iterdir()) == []
    assert (source / "file").exists()


def test_the_root_is_resolved_when_the_object_is_made(root: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    context = ContainerContext(str(link))
    link.unlink()
    assert context.root_dir == root
    with context as container:
        container.run(["true"], check=True)


@pytest.mark.parametrize("name", ["with space", "with:colon", "with\nnewline", "with\udcffbyte", "with,comma\\"])
def test_any_character_may_be_in_the_path(shared_root: Path, tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.symlink_to(shared_root)
    moved = tmp_path / (name + "2")
    moved.mkdir()
    with ContainerContext(place, bind_mounts=[BindMount(moved, "/tmp/" + name, True)]) as container:
        seen = container.run(["ls", "-d", "/tmp/" + name], stdout=subprocess.PIPE).stdout
    assert seen
    (shared_root / "tmp" / name).rmdir()


def test_it_can_be_entered_again(shared_root: Path) -> None:
    context = ContainerContext(shared_root)
    pids = []
    for _ in range(2):
        with context as container:
            assert container is context
            pids.append(container.pid)
            container.run(["true"], check=True)
    assert pids[0] != pids[1]


def test_it_is_entered_once_at_a_time(container: ContainerContext) -> None:
    with pytest.raises(RuntimeError, match="runs already"):
        container.__enter__()
    container.run(["true"], check=True)


def test_outside_the_block_there_is_nothing_to_use(shared_root: Path) -> None:
    context = ContainerContext(shared_root)
    for use in (lambda: context.run(["true"]), lambda: context.Popen(["true"]), lambda: context.pid):
        with pytest.raises(RuntimeError, match="only within the with block"):
            use()
    with context:
        pass
    with pytest.raises(RuntimeError, match="only within the with block"):
        context.run(["true"])


def test_leaving_kills_what_still_runs(shared_root: Path) -> None:
    with ContainerContext(shared_root) as container:
        script = "sleep 1000 & sleep 1000 & echo ready; trap '' TERM; wait"
        process = container.Popen(["sh", "-c", script], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        pid1 = container.pid
    assert process.wait() == -9
    process.stdout.close()
    assert not Path("/proc/%d" % pid1).exists()


def test_children_that_nobody_waited_for_hold_up_nothing(shared_root: Path) -> None:
    """The kernel keeps PID 1 until they are reaped; the original hung here for ever."""
    with ContainerContext(shared_root) as container:
        processes = [container.Popen(["sleep", "1000"]) for _ in range(3)]
        finished = container.Popen(["true"])
    assert [process.wait() for process in processes] == [-9] * 3
    assert finished.wait() in (0, -9)


def test_an_exception_goes_through_and_the_container_goes_too(shared_root: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        with ContainerContext(shared_root) as container:
            process = container.Popen(["sleep", "1000"])
            1 / 0
    assert process.wait() == -9


def test_a_container_that_nobody_refers_to_ends(shared_root: Path) -> None:
    context = ContainerContext(shared_root)
    pid1 = context.__enter__().pid
    assert Path("/proc/%d" % pid1).exists()
    del context
    assert not Path("/proc/%d" % pid1).exists()


def test_a_container_whose_pid_1_was_killed_says_so(shared_root: Path) -> None:
    with ContainerContext(shared_root) as container:
        process = container.Popen(["sleep", "1000"])
        os.kill(container.pid, 9)
        assert process.wait() == -9
        with pytest.raises(furnace.Error) as caught:
            while True:  # until the fork server has noticed, too
                container.run(["true"])
    assert caught.value.code == furnace.errors.Code.ENDED


def test_a_forked_copy_does_not_stop_it(container: ContainerContext) -> None:
    process = container.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    copy = os.fork()
    if copy == 0:
        try:
            container.__exit__(None, None, None)
        finally:
            os._exit(0)
    assert os.waitpid(copy, 0)[1] == 0
    assert process.communicate(b"still there")[0] == b"still there"
    container.run(["true"], check=True)


def test_mounts_made_on_the_host_later_are_seen_and_none_comes_out(root: Path, tmp_path: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "shared", str(root / "tmp")], check=True)
    try:
        subprocess.run(["mount", "--make-shared", str(root / "tmp")], check=True)
        for name in ("host", "own"):
            (root / "tmp" / name).mkdir()
        with ContainerContext(root) as container:
            subprocess.run(["mount", "-t", "tmpfs", "later", str(root / "tmp/host")], check=True)
            container.run(["mount", "-t", "tmpfs", "inside", "/tmp/own"], check=True)
            seen = container.run(["cat", "/proc/self/mounts"], stdout=subprocess.PIPE, text=True).stdout
            outside = Path("/proc/self/mounts").read_text()
            subprocess.run(["umount", str(root / "tmp/host")], check=True)
    finally:
        subprocess.run(["umount", "-l", str(root / "tmp")], check=True)
    assert "later /tmp/host " in seen and "inside /tmp/own " in seen
    assert "later" in outside and "inside" not in outside


def test_a_root_that_is_a_mount_point(shared_root: Path, tmp_path: Path) -> None:
    place = tmp_path / "mounted"
    place.mkdir()
    subprocess.run(["mount", "--bind", str(shared_root), str(place)], check=True)
    try:
        with ContainerContext(place, bind_mounts=[BindMount("/proc/version", "/etc/bound", True)]) as container:
            done = container.run(["cat", "/etc/bound"], stdout=subprocess.PIPE, check=True, text=True)
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert done.stdout == Path("/proc/version").read_text()
    (shared_root / "etc/bound").unlink()


def test_failing_starts_tell_why_and_leave_nothing(shared_root: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for context, path, error in (
        (ContainerContext(tmp_path / "missing"), tmp_path / "missing", 2),
        (ContainerContext(file), file, 20),
        (ContainerContext(shared_root, bind_mounts=[BindMount(tmp_path / "no", "/x", True)]), tmp_path / "no", 2),
    ):
        for kind in (furnace.Error, RuntimeError, OSError):
            with pytest.raises(kind) as caught:
                context.__enter__()
        assert caught.value.errno == error
        assert str(path) in str(caught.value)


def test_nul_bytes_are_refused(shared_root: Path) -> None:
    with pytest.raises(ValueError):
        ContainerContext(str(shared_root) + "\0").__enter__()
    with pytest.raises(ValueError):
        ContainerContext(shared_root, bind_mounts=[("/etc", "/tmp/\0", True)]).__enter__()


def test_many_at_once(shared_root: Path) -> None:
    codes = []

    def one(number: int) -> None:
        with ContainerContext(shared_root) as container:
            codes.append(container.run(["sh", "-c", "exit %d" % number]).returncode)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == list(range(16))


def test_a_hundred_one_after_the_other_leave_nothing(shared_root: Path) -> None:
    for _ in range(100):
        with ContainerContext(shared_root) as container:
            process = container.Popen(["sleep", "1000"])
        assert process.wait() == -9


def test_nothing_of_this_process_changes(shared_root: Path) -> None:
    def looks() -> "tuple[str, int, dict[str, str], List[str]]":
        namespaces = [os.readlink("/proc/self/ns/" + kind) for kind in sorted(os.listdir("/proc/self/ns"))]
        umask = os.umask(0)
        os.umask(umask)
        return os.getcwd(), umask, dict(os.environ), namespaces

    before = looks()
    with ContainerContext(shared_root) as container:
        container.run(["true"])
        assert looks() == before
        assert stat.S_ISDIR(os.stat(".").st_mode)
    assert looks() == before
