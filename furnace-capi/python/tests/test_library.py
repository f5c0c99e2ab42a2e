"""How libfurnace is found, and that no wrong one is used."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path


import pytest

import furnace
from furnace._capi.loading import load
from furnace._capi.signatures import SIGNATURES
from furnace._capi.types import Deed, Status

pytestmark = pytest.mark.without_root

HEADER = Path(__file__).resolve().parents[3] / "include/furnace.h"
LIBRARY = load()._name


def imported(*flags: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """What importing the package says, in a new Python."""
    arguments = [sys.executable, *flags, "-c", "import furnace._capi.loading as l; print(l.load()._name)"]
    whole = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    return subprocess.run(arguments, env=whole, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)


def compiled(directory: Path, source: str) -> str:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    library = directory / "libfurnace.so"
    subprocess.run(["cc", "-shared", "-o", str(library), "-x", "c", "-"], input=source.encode(), check=True)
    return str(library)


def test_the_named_one_is_used() -> None:
    assert imported(FURNACE_LIBRARY=os.path.abspath(LIBRARY)).stdout.strip() == os.path.abspath(LIBRARY)


def test_a_named_one_that_is_not_there_is_an_error() -> None:
    done = imported(FURNACE_LIBRARY="/no/such/libfurnace.so")
    assert done.returncode == 1
    assert (
        "ImportError: the package furnace needs libfurnace, and cannot load it: /no/such/libfurnace.so" in done.stderr
    )


def test_what_is_no_libfurnace_is_told_as_such(tmp_path: Path) -> None:
    other = compiled(tmp_path, "int something_else;")
    done = imported(FURNACE_LIBRARY=other)
    assert "ImportError: %s is no libfurnace" % other in done.stderr


def test_another_version_is_refused(tmp_path: Path) -> None:
    other = compiled(tmp_path, 'const char *furnace_version(void) { return "0.99.3"; }')
    done = imported(FURNACE_LIBRARY=other)
    message = "%s is libfurnace 0.99.3, but the package furnace is of version %s" % (other, furnace.__version__)
    assert "ImportError: " + message in done.stderr


def test_missing_functions_are_named(tmp_path: Path) -> None:
    other = compiled(tmp_path, 'const char *furnace_version(void) { return "%s"; }' % furnace.__version__)
    done = imported(FURNACE_LIBRARY=other)
    assert "ImportError: %s lacks furnace_error_free, furnace_error_code" % other in done.stderr


def test_a_later_patch_is_fine(tmp_path: Path) -> None:
    functions = "".join("void %s(void) {}\n" % name for name in SIGNATURES)
    later = ".".join(furnace.__version__.split(".")[:2] + ["999"])
    other = compiled(tmp_path, functions + 'const char *furnace_version(void) { return "%s"; }' % later)
    assert imported(FURNACE_LIBRARY=other).stdout.strip() == other


@pytest.mark.skipif(not HEADER.exists(), reason="furnace.h is only in the repository")
def test_signatures_are_those_of_the_header() -> None:
    """As many arguments, and a place for an error exactly where there is one."""
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
    declared = {
        name: [] if arguments.strip() == "void" else [argument.strip() for argument in arguments.split(",")]
        for name, arguments in re.findall(r"^\w[\w ]*[ *](furnace_\w+)\(([^;]*)\);", text, re.MULTILINE | re.DOTALL)
    }
    for name, (result, arguments) in SIGNATURES.items():
        assert len(declared[name]) == len(arguments), name
        assert (declared[name][-1:] == ["furnace_error **error"]) == (result in (Status, Deed)), name


def test_the_version_is_that_of_the_library() -> None:
    """To the patch: they are released together."""
    version = ctypes.CDLL(LIBRARY).furnace_version
    version.restype = ctypes.c_char_p
    assert furnace.__version__ == furnace.version.get_version() == version().decode()
