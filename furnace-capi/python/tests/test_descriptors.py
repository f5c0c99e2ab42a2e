"""What a command has of this process's descriptors, and in which state it begins."""

import os
import signal
import socket
from pathlib import Path
from subprocess import PIPE
from typing import Any, List

import pytest

from furnace import ContainerContext


def numbers(container: ContainerContext, **keywords: Any) -> List[int]:
    """Which descriptors a command has. Seen from outside, since whoever looks inside has one more for that."""
    # Once it writes, it is past its loader, which opens files.
    process = container.Popen(["sh", "-c", "echo ready; kill -STOP $$"], stdout=PIPE, **keywords)
    try:
        assert process.stdout.readline() == b"ready\n"
        return sorted(map(int, os.listdir("/proc/%d/fd" % process.pid)))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_none_but_the_standard_streams(container: ContainerContext) -> None:
    inheritable = [os.open("/etc/passwd", os.O_RDONLY) for _ in range(200)]
    for number in inheritable:
        os.set_inheritable(number, True)
    try:
        assert numbers(container) == [0, 1, 2]
    finally:
        for number in inheritable:
            os.close(number)


def test_those_that_are_passed_have_their_numbers(container: ContainerContext) -> None:
    first, second = os.pipe()
    third = os.dup2(second, 77)
    try:
        assert numbers(container, pass_fds=[third, first, 1]) == sorted([0, 1, 2, first, third])
        container.run(["bash", "-c", "echo through >&$0", str(second)], pass_fds=(second,), check=True)
        assert os.read(first, 100) == b"through\n"
        assert not os.get_inheritable(second)
    finally:
        for number in (first, second, third):
            os.close(number)


def test_all_that_are_inheritable_where_none_is_closed(container: ContainerContext) -> None:
    kept, private = os.open("/etc/passwd", os.O_RDONLY), os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(kept, True)
    try:
        found = numbers(container, close_fds=False)
        assert kept in found and private not in found
        with pytest.warns(RuntimeWarning, match="pass_fds overriding close_fds"):
            assert numbers(container, close_fds=False, pass_fds=[private]) == [0, 1, 2, private]
    finally:
        os.close(kept)
        os.close(private)


def test_streams_may_be_exchanged(container: ContainerContext, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        saved = os.dup(1), os.dup(2)
        try:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            container.run("echo to-err; echo to-out >&2", shell=True, stdout=2, stderr=1, check=True)
        finally:
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)
            os.close(saved[0])
            os.close(saved[1])
    assert (tmp_path / "out").read_text() == "to-out\n"
    assert (tmp_path / "err").read_text() == "to-err\n"


def test_a_socket_can_be_a_stream(container: ContainerContext) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = container.Popen(["cat"], stdin=theirs, stdout=theirs)
        ours.sendall(b"around")
        ours.shutdown(socket.SHUT_WR)
        assert ours.recv(100) == b"around"
        assert process.wait() == 0


def test_a_closed_stream_stays_closed(container: ContainerContext, tmp_path: Path) -> None:
    saved = os.dup(0)
    with (tmp_path / "out").open("wb") as out:
        os.close(0)
        try:
            container.run("readlink /proc/$$/fd/0 || echo closed", shell=True, stdout=out)
        finally:
            os.dup2(saved, 0)
            os.close(saved)
    assert (tmp_path / "out").read_text() == "closed\n"


def test_a_pipe_in_the_place_of_a_closed_stream_stays_here(container: ContainerContext, tmp_path: Path) -> None:
    saved = os.dup(0), os.dup(1)
    with (tmp_path / "err").open("wb") as err:
        try:
            os.close(0)
            input_there = container.run("readlink /proc/$$/fd/0", shell=True, stdout=PIPE)
            os.dup2(saved[0], 0)
            os.close(1)
            container.run('place=$(readlink /proc/$$/fd/1); echo "$place" >&2', shell=True, input=b"", stderr=err)
        finally:
            for number, copy in enumerate(saved):
                os.dup2(copy, number)
                os.close(copy)
    assert input_there.stdout == b"/dev/null\n"
    assert (tmp_path / "err").read_text() == "/dev/null\n"


def ignored(container: ContainerContext, **keywords: Any) -> int:
    done = container.run(["cat", "/proc/self/status"], stdout=PIPE, text=True, **keywords)
    return next(int(line.split()[1], 16) for line in done.stdout.splitlines() if line.startswith("SigIgn:"))


def test_what_python_ignores_is_restored_unless_asked_not_to(container: ContainerContext) -> None:
    of_python = 1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1)
    assert ignored(container) & of_python == 0
    assert ignored(container, restore_signals=False) & of_python == of_python
    old = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        assert ignored(container, restore_signals=False) & of_python == 1 << (signal.SIGXFSZ - 1)
    finally:
        signal.signal(signal.SIGPIPE, old)


def test_no_signal_is_blocked(container: ContainerContext) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    try:
        done = container.run(["grep", "SigBlk", "/proc/self/status"], stdout=PIPE, text=True)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
    assert int(done.stdout.split()[1], 16) == 0


def test_sessions_and_process_groups(container: ContainerContext) -> None:
    with container.Popen(["cat"], stdin=PIPE) as process:
        assert (os.getsid(process.pid), os.getpgid(process.pid)) == (os.getsid(0), os.getpgid(0))
    with container.Popen(["cat"], stdin=PIPE, start_new_session=True) as process:
        assert (os.getsid(process.pid), os.getpgid(process.pid)) == (process.pid, process.pid)
    with container.Popen(["cat"], stdin=PIPE, process_group=0) as leader:
        assert (os.getsid(leader.pid), os.getpgid(leader.pid)) == (os.getsid(0), leader.pid)
        with container.Popen(["cat"], stdin=PIPE, process_group=leader.pid) as member:
            assert os.getpgid(member.pid) == leader.pid


def test_a_process_group_that_is_not_there(container: ContainerContext) -> None:
    with pytest.raises(OSError) as caught:
        container.run(["true"], process_group=os.getppid() if os.getppid() != os.getpgid(0) else 1)
    assert type(caught.value) in (PermissionError, ProcessLookupError)


def test_the_umask_is_one_commands_own(container: ContainerContext) -> None:
    def umask(**keywords: Any) -> bytes:
        return bytes(container.run(["sh", "-c", "umask"], stdout=PIPE, **keywords).stdout)

    usual = umask()
    assert umask(umask=0o27) == b"0027\n"
    assert umask(umask=0) == b"0000\n"
    assert umask(umask=-1) == umask() == usual
