"""What the library tells through the module logging."""

import logging
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
