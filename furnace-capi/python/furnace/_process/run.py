"""subprocess.run, for commands in a container."""

import subprocess
from typing import Any, Callable, Optional, Union


def run(
    popen: "Callable[..., subprocess.Popen[Any]]",
    *popenargs: Any,
    input: Optional[Union[str, bytes]] = None,
    capture_output: bool = False,
    timeout: Optional[float] = None,
    check: bool = False,
    **kwargs: Any,
) -> "subprocess.CompletedProcess[Any]":
    """Does what :func:`subprocess.run` does, with processes that ``popen`` makes."""
    if input is not None:
        _leave_alone("input", kwargs, "stdin")
        kwargs["stdin"] = subprocess.PIPE
    if capture_output:
        _leave_alone("capture_output", kwargs, "stdout", "stderr")
        kwargs["stdout"] = kwargs["stderr"] = subprocess.PIPE
    with popen(*popenargs, **kwargs) as process:
        try:
            stdout, stderr = process.communicate(input, timeout=timeout)
        except BaseException:
            # Whatever came, an interrupt too: the process is not to go on without anybody. Leaving the block waits for it.
            process.kill()
            raise
        completed: "subprocess.CompletedProcess[Any]" = subprocess.CompletedProcess(
            process.args, process.returncode, stdout, stderr
        )
    if check:
        completed.check_returncode()
    return completed


def _leave_alone(argument: str, kwargs: Any, *streams: str) -> None:
    for stream in streams:
        if kwargs.get(stream) is not None:
            raise ValueError("%s sets %s, which must not be given as well" % (argument, stream))
