"""Programs as they were written for the original: they run unchanged, and print what is expected of them.

Where FURNACE_ORIGINAL names a Python that has the original (``pip install furnace==0.0.10`` in a venv of its own), what it
prints is compared, too.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))
ORIGINAL = os.environ.get("FURNACE_ORIGINAL")
#: What the original can't do, and why.
NOT_THERE = {
    "threads": "the original fails now and then where two containers start at once in one root",
    "unwaited": "the original waits for ever",
}
#: Longer than anything takes that does not hang, in seconds.
PATIENCE = 120


def printed(python: str, program: Path, root: Path, **environment: str) -> str:
    done = subprocess.run(
        [python, str(program), str(root)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def of(program: Path) -> str:
    return program.stem


@pytest.mark.parametrize("program", PROGRAMS, ids=of)
def test_it_runs_unchanged(program: Path, root: Path) -> None:
    path = os.pathsep.join(sys.path)
    assert printed(sys.executable, program, root, PYTHONPATH=path) == program.with_suffix(".txt").read_text()


@pytest.fixture
def mounted_root(root: Path) -> Iterator[Path]:
    """The original needs this to see bind mounts."""
    subprocess.run(["mount", "--bind", str(root), str(root)], check=True)
    yield root
    subprocess.run(["umount", "-l", str(root)], check=True)


@pytest.mark.skipif(ORIGINAL is None, reason="FURNACE_ORIGINAL names no Python that has the original")
@pytest.mark.parametrize("program", PROGRAMS, ids=of)
def test_the_original_prints_the_same(program: Path, mounted_root: Path) -> None:
    if program.stem in NOT_THERE:
        pytest.skip(NOT_THERE[program.stem])
    assert ORIGINAL is not None
    environment = {"PYTHONPATH": ""}
    assert printed(ORIGINAL, program, mounted_root, **environment) == program.with_suffix(".txt").read_text()
