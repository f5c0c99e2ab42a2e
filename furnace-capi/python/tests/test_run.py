"""run, and what it has in common with subprocess.run: each form is compared with that outside."""

import subprocess
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT
from typing import Any, Dict, List

import pytest

from furnace import ContainerContext

ECHO = ["sh", "-c", "echo out; echo err >&2; cat; exit 3"]


@pytest.mark.parametrize(
    "arguments, keywords",
    [
        (ECHO, dict(stdin=DEVNULL, stdout=PIPE, stderr=PIPE)),
        (ECHO, dict(stdin=DEVNULL, stdout=PIPE, stderr=STDOUT)),
        (ECHO, dict(stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)),
        (ECHO, dict(stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)),
        (ECHO, dict(input=b"in", capture_output=True)),
        (ECHO, dict(input="in\u00e9\r\n", capture_output=True, encoding="utf-8")),
        (ECHO, dict(input="in", capture_output=True, text=True)),
        (ECHO, dict(input="in", capture_output=True, universal_newlines=True)),
        (ECHO, dict(input="in\udc80", capture_output=True, encoding="ascii", errors="surrogateescape")),
        (ECHO, dict(input=b"x" * 300000, capture_output=True)),
        (ECHO, dict(input=b"in", capture_output=True, bufsize=0)),
        (ECHO, dict(input="in\n", capture_output=True, text=True, bufsize=1)),
        (ECHO, dict(input=b"in", capture_output=True, timeout=100)),
        ("echo $0 $1; exit 4", dict(shell=True, capture_output=True)),
        (["echo $0 $1; exit 4", "zero", "one"], dict(shell=True, capture_output=True)),
        (b"echo bytes", dict(shell=True, capture_output=True)),
        ("echo $0", dict(shell=True, executable="/bin/bash", capture_output=True)),
        (["true"], dict()),
        ("true", dict()),
        (b"true", dict()),
        (Path("/bin/true"), dict()),
        (["echo", b"bytes", Path("/path"), "str\udcff", ""], dict(stdout=PIPE)),
        (["zeroth", "-c", "echo $0"], dict(executable="sh", stdout=PIPE)),
        (["env"], dict(env={"A": "1", b"B": b"2", "C": "d=e", "PATH": "/bin:/usr/bin"}, stdout=PIPE)),
        (["/bin/env"], dict(env={}, stdout=PIPE)),
        (["pwd"], dict(cwd="/etc", stdout=PIPE)),
        (["pwd"], dict(cwd=b"/etc", stdout=PIPE)),
        (["pwd"], dict(cwd=Path("/etc"), stdout=PIPE)),
        (["sh", "-c", "umask"], dict(stdout=PIPE)),
        (["sh", "-c", "kill -9 $$"], dict()),
        (["sh", "-c", "kill -TERM $$"], dict()),
    ],
)
def test_results_are_those_of_subprocess(container: ContainerContext, arguments: Any, keywords: Dict[str, Any]) -> None:
    found, expected = container.run(arguments, **keywords), subprocess.run(arguments, **keywords)
    assert type(found) is subprocess.CompletedProcess
    assert (found.args, found.returncode) == (expected.args, expected.returncode)
    assert (found.stdout, found.stderr) == (expected.stdout, expected.stderr)


@pytest.mark.parametrize(
    "arguments, keywords",
    [
        (["no-such-program"], {}),
        (["/no/such/program"], {}),
        (["/etc/passwd"], {}),
        (["/etc"], {}),
        (["/etc/passwd/x"], {}),
        (["true"], dict(executable="no-such-program")),
        (["true"], dict(cwd="/no/such/directory")),
        (["true"], dict(cwd=Path("/no/such/directory"))),
        (["true"], dict(cwd="/etc/passwd")),
        (["true"], dict(cwd="")),
        (["no-such-program"], dict(cwd="/etc")),
        (["tr\0ue"], {}),
        (["true", "\0"], {}),
        (["true"], dict(cwd="/\0")),
        (["true"], dict(executable="\0")),
        (["true"], dict(env={"A": "\0"})),
        (["true"], dict(env={"A=B": "C"})),
        (["true"], dict(env={1: "C"})),
        (["true", 1], {}),
        ([], {}),
        (1, {}),
        (["true"], dict(stdin=9999)),
        (["true"], dict(pass_fds=[9999])),
        (["true"], dict(pass_fds=[-1])),
        (["true"], dict(bufsize="1")),
        (["true"], dict(stdout="file")),
        (["true"], dict(input=b"", stdin=PIPE)),
        (["true"], dict(capture_output=True, stdout=PIPE)),
        (["true"], dict(text=True, universal_newlines=False)),
        (["true"], dict(startupinfo=1)),
        (["true"], dict(creationflags=1)),
        (["true"], dict(nonsense=1)),
        (Path("/bin/true"), dict(shell=True)),
        (["false"], dict(check=True)),
        (["sh", "-c", "echo out; kill -9 $$"], dict(check=True, stdout=PIPE)),
    ],
)
def test_errors_are_those_of_subprocess(container: ContainerContext, arguments: Any, keywords: Dict[str, Any]) -> None:
    with pytest.raises(Exception) as found:
        container.run(arguments, **keywords)
    with pytest.raises(Exception) as expected:
        subprocess.run(arguments, **keywords)
    assert type(found.value) is type(expected.value)
    for name in ("errno", "strerror", "filename", "returncode", "cmd", "stdout", "stderr"):
        assert getattr(found.value, name, None) == getattr(expected.value, name, None), name


@pytest.mark.parametrize(
    "keywords",
    [
        dict(user=-1),
        dict(user=1.5),
        dict(group=-1),
        dict(group=b"root"),
        dict(extra_groups="root"),
        dict(extra_groups=[-1]),
        dict(extra_groups=[None]),
        dict(user="no-such-user"),
        dict(group="no-such-group"),
        dict(extra_groups=["no-such-group"]),
        dict(user=2**64),
        dict(pipesize="1"),
        dict(umask="1"),
        dict(process_group="1"),
        dict(stdout=STDOUT),
    ],
)
def test_errors_of_what_is_not_in_every_version(container: ContainerContext, keywords: Dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, OverflowError)):
        container.run(["true"], **keywords)


def test_what_the_library_says_is_the_cause(container: ContainerContext) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        container.run(["no-such-program"], env={"PATH": "/bin"})
    assert "cannot run no-such-program" in str(caught.value.__cause__)
    assert "/bin" in str(caught.value.__cause__.remedy)  # type: ignore[union-attr]


def test_a_timeout_kills(container: ContainerContext) -> None:
    with pytest.raises(subprocess.TimeoutExpired) as caught:
        container.run(["sh", "-c", "echo before; exec sleep 1000"], stdout=PIPE, timeout=0.5)
    assert caught.value.cmd == ["sh", "-c", "echo before; exec sleep 1000"]
    assert caught.value.output in (b"before\n", None)
    assert b"sleep" not in container.run(["ps", "-e"], stdout=PIPE).stdout


def test_preexec_fn_is_refused_with_what_to_use(container: ContainerContext) -> None:
    with pytest.raises(ValueError, match="preexec_fn.*start_new_session"):
        container.run(["true"], preexec_fn=lambda: None)


def test_files_and_descriptors(container: ContainerContext, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    with path.open("rb") as source, (tmp_path / "copy").open("wb") as copy:
        container.run(["cat"], stdin=source, stdout=copy.fileno(), check=True)
    assert (tmp_path / "copy").read_bytes() == b"content"


def test_positional_arguments(container: ContainerContext) -> None:
    done = container.run(["zeroth", "-c", "echo $0"], -1, "sh", None, PIPE)
    assert done.stdout == b"zeroth\n"


def test_the_environment_is_inherited(container: ContainerContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FURNACE_TEST_VARIABLE", "a value\nof two lines")
    done = container.run('printf %s "$FURNACE_TEST_VARIABLE"', shell=True, stdout=PIPE)
    assert done.stdout == b"a value\nof two lines"


def test_programs_are_the_containers(root: Path) -> None:
    program = root / "bin/only-here"
    program.write_text("#!/bin/sh\necho here\n")
    program.chmod(0o755)
    with ContainerContext(root) as container:
        assert container.run(["only-here"], stdout=PIPE).stdout == b"here\n"
        assert container.run(["only-here"], stdout=PIPE, env={"PATH": "/sbin:/bin"}).stdout == b"here\n"
        with pytest.raises(FileNotFoundError):
            container.run(["only-here"], env={"PATH": "/sbin"})
        program.write_text("#!/no/such/interpreter\n")
        with pytest.raises(FileNotFoundError) as caught:
            container.run(["only-here"])
    assert caught.value.filename == "only-here"


def test_the_working_directory_is_inside(root: Path, container: ContainerContext) -> None:
    (root / "only/here").mkdir(parents=True)
    with ContainerContext(root) as own:
        assert own.run(["pwd"], stdout=PIPE).stdout == b"/\n"
        assert own.run(["pwd"], stdout=PIPE, cwd="/only/here").stdout == b"/only/here\n"
        assert own.run(["pwd"], stdout=PIPE, cwd="only").stdout == b"/only\n"
    with pytest.raises(FileNotFoundError):
        container.run(["pwd"], cwd="/only/here")


def test_arguments_as_large_as_the_kernel_takes(container: ContainerContext) -> None:
    arguments: List[str] = ["x" * 100000] * 15
    done = container.run(["sh", "-c", 'echo "$*" | wc -c', *arguments], stdout=PIPE)
    assert int(done.stdout) == 14 * 100001
    with pytest.raises(OSError) as caught:
        container.run(["true", "x" * 200000])
    assert caught.value.errno == 7
