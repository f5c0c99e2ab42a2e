"""furnace.Error: what it carries, and as what it can be caught."""

import pickle
import re
from pathlib import Path

import pytest

import furnace
from furnace import ContainerContext
from furnace._capi import constants
from furnace.errors import Code, Error, Phase

HEADER = Path(__file__).resolve().parents[3] / "include/furnace.h"


@pytest.mark.without_root
def test_it_carries_what_the_library_says() -> None:
    with pytest.raises(Error) as caught:
        ContainerContext("/no/such/directory").__enter__()
    error = caught.value
    assert isinstance(error, OSError) and isinstance(error, RuntimeError)
    assert (error.errno, error.code, error.phase) == (2, Code.NOT_FOUND, Phase.CONFIGURE)
    assert (error.filename, error.path, error.step) == ("/no/such/directory", "/no/such/directory", None)
    assert "/no/such/directory" in str(error) and "ENOENT" in str(error)


def test_paths_are_any_bytes_and_messages_any_language(tmp_path: Path) -> None:
    for name in ("no\udcffne", "n\u00e9ant"):
        with pytest.raises(Error) as caught:
            ContainerContext(tmp_path / name).__enter__()
        assert caught.value.path == caught.value.filename == str(tmp_path / name)
        str(caught.value).encode()


def test_a_failed_step_has_a_number(root: Path) -> None:
    (root / "proc").rmdir()
    (root / "proc").write_text("no directory")
    with pytest.raises(Error) as caught:
        ContainerContext(root).__enter__()
    error = caught.value
    assert error.phase == Phase.START
    assert error.step is not None and error.step > 0
    (root / "proc").unlink()
    (root / "proc").mkdir()


@pytest.mark.without_root
def test_the_remedy_is_told_below() -> None:
    error = Error(1, "cannot do it", remedy="be root")
    assert str(error) == "cannot do it\n  help: be root"
    assert str(Error(1, "cannot do it")) == "cannot do it"


@pytest.mark.without_root
def test_new_codes_are_numbers() -> None:
    error = Error(5, "something new", code=1000, phase=1001)
    assert (error.code, error.phase) == (1000, 1001)


@pytest.mark.without_root
def test_it_can_be_pickled() -> None:
    error = Error(13, "no", "/path", code=Code.PERMISSION_DENIED, phase=Phase.START, step=3, remedy="ask")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is furnace.Error
    assert vars(copy) == vars(error)
    assert (copy.errno, copy.filename, str(copy)) == (error.errno, error.filename, str(error))


@pytest.mark.without_root
@pytest.mark.skipif(not HEADER.exists(), reason="furnace.h is only in the repository")
def test_numbers_are_those_of_the_header() -> None:
    defined = dict(re.findall(r"^#define (FURNACE_\w+) (\d+)$", HEADER.read_text(), re.MULTILINE))

    def of_header(prefix: str) -> "dict[str, int]":
        return {name[len(prefix) :]: int(number) for name, number in defined.items() if name.startswith(prefix)}

    assert of_header("FURNACE_ERROR_") == {code.name: code.value for code in Code}
    assert of_header("FURNACE_PHASE_") == {phase.name: phase.value for phase in Phase}
    for name, number in vars(constants).items():
        if name.startswith("FURNACE_"):
            assert int(defined[name]) == number
