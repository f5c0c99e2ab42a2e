"""Popen: a process that is waited for, signalled, talked to, and forgotten."""

import gc
import os
import select
import signal
import subprocess
import threading
import time
import warnings
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest

from furnace import ContainerContext

#: Longer than anything takes that does not hang.
PATIENCE = 60


def test_it_is_a_popen(container: ContainerContext) -> None:
    process = container.Popen(["sh", "-c", "exit 3"])
    assert isinstance(process, subprocess.Popen)
    assert (process.args, process.stdin, process.stdout, process.stderr) == (["sh", "-c", "exit 3"], None, None, None)
    assert process.wait() == process.returncode == process.poll() == 3
    assert repr(process).startswith("<") and "Popen" in repr(process)


def test_it_is_a_child_of_this_process(container: ContainerContext) -> None:
    with container.Popen(["cat"], stdin=PIPE) as process:
        status = Path("/proc/%d/status" % process.pid).read_text()
        assert "\nPPid:\t%d\n" % os.getpid() in status
    assert process.returncode == 0


def test_a_pipeline(container: ContainerContext, tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        first = container.Popen(["cat", "/etc/passwd"], stdout=PIPE)
        second = container.Popen(["grep", "builder"], stdin=first.stdout, stdout=out)
        first.stdout.close()
        assert (second.wait(), first.wait()) == (0, 0)
    assert (tmp_path / "out").read_text().startswith("builder:")


def test_a_conversation(container: ContainerContext) -> None:
    with container.Popen(["cat"], stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as process:
        for line in ("one\n", "two\n"):
            process.stdin.write(line)
            assert process.stdout.readline() == line
    assert process.returncode == 0


def test_communicate_with_much_in_both_directions(container: ContainerContext) -> None:
    data = os.urandom(1 << 20)
    process = container.Popen(["sh", "-c", "echo err >&2; cat"], stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert process.communicate(data) == (data, b"err\n")
    assert process.returncode == 0


def test_communicate_can_go_on_after_a_timeout(container: ContainerContext) -> None:
    end, blocks = os.pipe()
    process = container.Popen(["sh", "-c", "cat; echo end"], stdin=end, stdout=PIPE)
    os.close(end)
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=0.01)
    os.close(blocks)
    assert process.communicate(timeout=PATIENCE) == (b"end\n", None)


def test_wait_has_a_timeout(container: ContainerContext) -> None:
    process = container.Popen(["cat"], stdin=PIPE)
    for timeout in (0, 0.01, -1):
        begun = time.monotonic()
        with pytest.raises(subprocess.TimeoutExpired) as caught:
            process.wait(timeout)
        assert time.monotonic() - begun >= timeout
        assert caught.value.cmd == ["cat"]
    assert process.poll() is None
    process.stdin.close()
    assert process.wait(PATIENCE) == 0


def test_signals(container: ContainerContext) -> None:
    script = "trap 'echo got it; exit 5' USR1; echo ready; while :; do read line; done"
    with container.Popen(["sh", "-c", script], stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGUSR1)
        process.stdin.close()
        assert process.stdout.readline() == b"got it\n"
    assert process.returncode == 5
    for send, number in ((subprocess.Popen.terminate, 15), (subprocess.Popen.kill, 9)):
        with container.Popen(["cat"], stdin=PIPE) as process:
            send(process)
            assert process.wait() == -number


def test_signals_to_one_that_has_ended_reach_nobody(container: ContainerContext) -> None:
    process = container.Popen(["true"])
    process.wait()
    process.send_signal(9)
    process.terminate()
    process.kill()
    zombie = container.Popen(["cat"], stdin=PIPE)
    zombie.stdin.close()
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    zombie.kill()
    assert zombie.returncode == 0


def test_what_is_no_signal_is_refused(container: ContainerContext) -> None:
    with container.Popen(["cat"], stdin=PIPE) as process:
        process.send_signal(0)
        with pytest.raises(OSError) as caught:
            process.send_signal(1000)
        assert type(caught.value) is OSError and caught.value.errno == 22


def test_poll_tells_once_it_has_ended(container: ContainerContext) -> None:
    process = container.Popen(["cat"], stdin=PIPE)
    assert process.poll() is None
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert process.poll() == 0


def test_a_status_that_somebody_else_took(container: ContainerContext) -> None:
    """Some kernels keep it for who asks later; where it is lost, it is 0, as for any Popen."""
    process = container.Popen(["sh", "-c", "exit 3"])
    assert os.WEXITSTATUS(os.waitpid(process.pid, 0)[1]) == 3
    assert process.wait() in (0, 3)


def test_a_status_is_known_after_the_container(shared_root: Path) -> None:
    with ContainerContext(shared_root) as container:
        ended = container.Popen(["sh", "-c", "exit 3"])
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        killed = container.Popen(["cat"], stdin=PIPE)
    assert ended.wait() == 3
    assert killed.poll() == -9
    killed.stdin.close()


def test_a_waited_for_process_holds_no_descriptor(container: ContainerContext) -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = descriptors()
    processes = [container.Popen(["true"]) for _ in range(20)]
    assert descriptors() == before + 20
    for process in processes:
        process.wait()
    assert descriptors() == before


def test_one_that_is_forgotten_warns_and_is_reaped(container: ContainerContext) -> None:
    process = container.Popen(["cat"], stdin=PIPE)
    pid, stdin = process.pid, process.stdin
    with pytest.warns(ResourceWarning, match="subprocess %d is still running" % pid):
        del process
        gc.collect()
    stdin.close()
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    container.run(["true"])
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def test_one_that_has_ended_and_is_forgotten_leaves_no_zombie(container: ContainerContext) -> None:
    process = container.Popen(["true"])
    pid = process.pid
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del process
        gc.collect()
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def test_a_failed_one_leaves_no_pipe(container: ContainerContext) -> None:
    before = os.listdir("/proc/self/fd")
    for _ in range(10):
        with pytest.raises(FileNotFoundError):
            container.Popen(["no-such-program"], stdin=PIPE, stdout=PIPE, stderr=PIPE)
        with pytest.raises(ValueError):
            container.Popen(["tr\0ue"], stdin=PIPE, stdout=subprocess.DEVNULL, stderr=PIPE)
    assert os.listdir("/proc/self/fd") == before


def test_an_interrupt_gets_through_a_wait(container: ContainerContext) -> None:
    process = container.Popen(["cat"], stdin=PIPE)

    class Interrupt(Exception):
        pass

    def interrupt(number: int, frame: Any) -> None:
        raise Interrupt

    old = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(Interrupt):
            process.wait()
    finally:
        signal.signal(signal.SIGALRM, old)
    process.stdin.close()
    assert process.wait() == 0


def test_many_threads_wait_for_one(container: ContainerContext) -> None:
    process = container.Popen(["cat"], stdin=PIPE)
    codes = []
    threads = [threading.Thread(target=lambda: codes.append(process.wait())) for _ in range(8)]
    for thread in threads:
        thread.start()
    process.stdin.close()
    for thread in threads:
        thread.join(PATIENCE)
    assert codes == [0] * 8


def test_many_threads_run_at_once(container: ContainerContext) -> None:
    wrong = []

    def one(number: int) -> None:
        for turn in range(10):
            text = "%d %d" % (number, turn)
            done = container.run(["echo", text], stdout=PIPE, text=True)
            if done.stdout != text + "\n":
                wrong.append(done)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_leaving_while_others_wait_and_run(shared_root: Path) -> None:
    with ContainerContext(shared_root) as container:
        process = container.Popen(["sleep", "1000"])
        waiting = threading.Thread(target=process.wait)
        waiting.start()

        def run_until_it_ends() -> None:
            try:
                while True:
                    container.run(["true"])
            except RuntimeError:
                pass

        running = threading.Thread(target=run_until_it_ends)
        running.start()
    waiting.join(PATIENCE)
    running.join(PATIENCE)
    assert not waiting.is_alive() and not running.is_alive()
    assert process.returncode == -9


def test_pipes_have_the_size_that_was_asked_for(container: ContainerContext) -> None:
    import fcntl

    with container.Popen(["cat"], stdin=PIPE, stdout=PIPE, stderr=PIPE, pipesize=1 << 16 << 1) as process:
        for stream in (process.stdin, process.stdout, process.stderr):
            assert fcntl.fcntl(stream.fileno(), 1032) == 1 << 17


def test_the_end_of_a_pipe_is_seen_while_others_run(container: ContainerContext) -> None:
    """No command holds another's pipe."""
    first = container.Popen(["cat"], stdin=PIPE, stdout=PIPE)
    second = container.Popen(["cat"], stdin=PIPE, stdout=PIPE)
    first.stdin.close()
    assert first.stdout.read() == b""
    assert first.wait(PATIENCE) == 0
    first.stdout.close()
    assert second.communicate(b"x")[0] == b"x"


def test_a_process_that_was_left_to_a_selector(container: ContainerContext) -> None:
    with container.Popen(["echo", "x"], stdout=PIPE) as process:
        assert select.select([process.stdout], [], [], PATIENCE)[0] == [process.stdout]


def test_a_process_does_not_keep_its_container(shared_root: Path) -> None:
    context = ContainerContext(shared_root)
    pid1 = context.__enter__().pid
    process = context.Popen(["sleep", "1000"])
    del context
    assert not Path("/proc/%d" % pid1).exists()
    assert process.wait() == -9
