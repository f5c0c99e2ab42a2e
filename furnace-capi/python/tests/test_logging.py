"""What the library tells through the module logging."""

import logging
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from furnace import ContainerContext


def test_each_step_is_told_to_who_wants_to_know(shared_root: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "furnace"):
        with ContainerContext(shared_root) as container:
            container.run(["true"])
    messages = [record.getMessage() for record in caplog.records if record.name == "furnace"]
    assert any("/proc" in message for message in messages)
    assert any("true" in message for message in messages)
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}


def test_nothing_is_told_to_who_does_not(shared_root: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "furnace"):
        with ContainerContext(shared_root) as container:
            container.run(["true"])
    assert caplog.records == []


def test_daemon_threads_that_tell_do_not_abort_the_end(shared_root: Path) -> None:
    program = """
        import logging, sys, threading
        from furnace import ContainerContext

        logging.basicConfig(level=logging.DEBUG, stream=open("/dev/null", "w"))
        container = ContainerContext(sys.argv[1]).__enter__()
        running = threading.Event()

        def run():
            while True:
                container.run(["true"])
                running.set()

        for _ in range(4):
            threading.Thread(target=run, daemon=True).start()
        running.wait()
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(3):
        command = [sys.executable, "-c", textwrap.dedent(program), str(shared_root)]
        assert subprocess.run(command, env=environment, timeout=120).returncode == 0
