"""What all tests have: a root directory, and the duty to leave nothing."""

import gc
import os
import shutil
from pathlib import Path
from typing import Callable, Iterator

import pytest

from furnace import ContainerContext
from leftovers import Leftovers
from roots import make_root


def pytest_collection_modifyitems(items: "list[pytest.Item]") -> None:
    if os.geteuid() == 0:
        return
    if os.environ.get("FURNACE_TESTS_MUST_RUN"):
        pytest.exit("FURNACE_TESTS_MUST_RUN is set, and these tests have to be run as root", returncode=1)
    for item in items:
        if "without_root" not in item.keywords:
            item.add_marker(pytest.mark.skip(reason="it has to be run as root"))


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """Descriptors, children, mounts and temporary files of this process are after a test what they were before."""
    gc.collect()
    before = Leftovers.look()
    yield
    gc.collect()
    assert Leftovers.look() == before


@pytest.fixture(scope="session")
def shared_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small system that no test changes. It is not a mount point."""
    return make_root(tmp_path_factory.mktemp("shared") / "root")


@pytest.fixture
def root(shared_root: Path, tmp_path: Path) -> Iterator[Path]:
    """A small system of the test's own."""
    own = tmp_path / "root"
    shutil.copytree(shared_root, own, symlinks=True)
    yield own
    shutil.rmtree(own)


@pytest.fixture
def container(shared_root: Path) -> Iterator[ContainerContext]:
    with ContainerContext(shared_root) as running:
        yield running


@pytest.fixture
def sh(container: ContainerContext) -> Callable[[str], str]:
    """What a script writes in the container."""

    def output(script: str) -> str:
        done = container.run(["sh", "-c", script], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)

    return output
