"""The shell for whoever sits in front of the program."""

import os
import pty
import select
import subprocess
import sys
import termios
from pathlib import Path
from typing import Iterator

import pytest

import furnace
from furnace import ContainerContext

PROGRAM = """
import sys
from furnace.context import ContainerContext

with ContainerContext(sys.argv[1]) as container:
    result = container.interactive_shell(*sys.argv[2:])
print("after", result)
"""
#: Longer than anything takes that does not hang, in seconds.
PATIENCE = 60


class Sitting:
    """Somebody at a terminal, in which the program runs."""

    def __init__(self, root: Path, *arguments: str) -> None:
        self.terminal, theirs = pty.openpty()
        self.seen = ""
        self.before = termios.tcgetattr(theirs)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", "SECRET": "of the host"}
        command = [sys.executable, "-c", PROGRAM, str(root), *arguments]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        self.theirs = theirs

    def types(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def sees(self, text: str) -> None:
        """Waits until it is there, and forgets all up to it."""
        while text not in self.seen:
            assert select.select([self.terminal], [], [], PATIENCE)[0], "%r does not come after %r" % (text, self.seen)
            self.seen += os.read(self.terminal, 1000).decode()
        self.seen = self.seen.partition(text)[2]

    def leave(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)
        os.close(self.theirs)


@pytest.fixture
def sitting(shared_root: Path) -> Iterator[Sitting]:
    one = Sitting(shared_root, "build-7")
    yield one
    one.leave()


def test_a_session(sitting: Sitting) -> None:
    sitting.sees("furnace-debug@build-7 ")
    sitting.types("echo $((6 * 7)) [$SECRET] $(readlink /proc/$$/fd/0) $$\n")
    sitting.sees("42 [] /dev/pts/0 2")
    sitting.sees("furnace-debug@build-7 ")
    # What is typed is seen as well, and is not to be taken for what is written.
    sitting.types("sed -u s/$/$((6 * 7))/\n")
    sitting.types("line\n")
    sitting.sees("line42")
    sitting.types("\x03")
    sitting.sees("furnace-debug@build-7 ")
    sitting.types("exit 3\n")
    sitting.sees("after None")
    assert sitting.process.wait(PATIENCE) == 0
    assert termios.tcgetattr(sitting.theirs) == sitting.before


def test_the_name_has_a_default(shared_root: Path) -> None:
    sitting = Sitting(shared_root)
    try:
        sitting.sees("furnace-debug@container ")
        sitting.types("exit\n")
        sitting.sees("after None")
    finally:
        sitting.leave()


def test_sh_where_there_is_no_bash(root: Path) -> None:
    (root / "bin/bash").unlink()
    sitting = Sitting(root, "small")
    try:
        sitting.sees("furnace-debug@small / # ")
        sitting.types("exit\n")
        sitting.sees("after None")
    finally:
        sitting.leave()


def test_no_shell_at_all(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("bash", "sh"):
        (root / "bin" / name).unlink()
    with ContainerContext(root) as container:
        with pytest.raises(furnace.Error) as caught:
            container.interactive_shell()
    assert caught.value.errno == 2


def test_names_are_no_commands(shared_root: Path) -> None:
    sitting = Sitting(shared_root, "$(echo no)")
    try:
        sitting.sees("furnace-debug@??echo?no? ")
        sitting.types("exit\n")
        sitting.sees("after None")
    finally:
        sitting.leave()
