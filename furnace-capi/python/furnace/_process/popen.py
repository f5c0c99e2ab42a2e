"""subprocess.Popen, for commands in a container."""

import errno
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Collection, Iterable, Mapping, NoReturn, Optional, Union

from .._capi import Handle
from ..errors import Code, Error, Phase, plain
from . import identity, pipes
from .child import Child
from .command import Command

if TYPE_CHECKING:
    import threading

    from .._capi.text import StrOrBytesPath

    _Popen = subprocess.Popen[Any]
else:
    _Popen = subprocess.Popen

_NO_PREEXEC_FN = (
    "preexec_fn is not possible: in a container, this program is never forked. There are cwd, umask, user, group, "
    "extra_groups, start_new_session, process_group, pass_fds, restore_signals and env for what it is mostly used for; "
    "limits can be set by prlimit(1) in front of the command"
)


#: What can't go wrong without a container.
_OF_CONTAINERS = (Code.ENDED, Code.TIMED_OUT, Code.STATUS_LOST, Code.INTERNAL)


class Popen(_Popen):
    """A :class:`subprocess.Popen` whose process is in a container.

    It takes all arguments that subprocess takes in any version of Python, and does with them what subprocess does, but
    inside: the program, the working directory, and the names of users and groups are looked up there. The process is a
    child of this one like any other.
    """

    _child: Optional[Child] = None

    if TYPE_CHECKING:
        # Of the class below, and not said in its stubs.
        _child_created: bool
        _waitpid_lock: threading.Lock

        def _close_pipe_fds(self, *fds: int) -> None: ...
        def _handle_exitstatus(self, sts: int) -> None: ...

    def __init__(
        self,
        container: Handle,
        args: Any,
        bufsize: int = -1,
        executable: "Optional[StrOrBytesPath]" = None,
        stdin: Any = None,
        stdout: Any = None,
        stderr: Any = None,
        preexec_fn: Any = None,
        close_fds: bool = True,
        shell: bool = False,
        cwd: "Optional[StrOrBytesPath]" = None,
        env: Optional[Mapping[Any, Any]] = None,
        universal_newlines: Optional[bool] = None,
        startupinfo: Any = None,
        creationflags: int = 0,
        restore_signals: bool = True,
        start_new_session: bool = False,
        pass_fds: Collection[int] = (),
        *,
        user: Optional[Union[str, int]] = None,
        group: Optional[Union[str, int]] = None,
        extra_groups: Optional[Iterable[Union[str, int]]] = None,
        encoding: Optional[str] = None,
        errors: Optional[str] = None,
        text: Optional[bool] = None,
        umask: int = -1,
        pipesize: Optional[int] = -1,
        process_group: Optional[int] = None,
    ) -> None:
        if preexec_fn is not None:
            raise ValueError(_NO_PREEXEC_FN)
        if stdout is subprocess.STDOUT:
            raise ValueError("STDOUT can only be used for stderr")
        # What is not said to the class below is what not every version of it knows, and what it would look up outside.
        self._container = container
        self._identity = identity.resolve(container, user, group, extra_groups)
        self._pipe_size = pipes.checked_size(pipesize)
        self._umask = umask
        self._process_group = -1 if process_group is None else process_group
        self._new_session = start_new_session
        super().__init__(
            args,
            bufsize,
            executable,
            stdin,
            stdout,
            stderr,
            None,
            close_fds,
            shell,
            cwd,
            env,
            universal_newlines,
            startupinfo,
            creationflags,
            restore_signals,
            start_new_session,
            pass_fds,
            encoding=encoding,
            errors=errors,
            text=text,
        )

    def _execute_child(
        self,
        args: Any,
        executable: Any,
        preexec_fn: Any,
        close_fds: bool,
        pass_fds: Collection[int],
        cwd: Any,
        env: Optional[Mapping[Any, Any]],
        startupinfo: Any,
        creationflags: int,
        shell: bool,
        p2cread: int,
        p2cwrite: int,
        c2pread: int,
        c2pwrite: int,
        errread: int,
        errwrite: int,
        restore_signals: bool,
        *of_some_versions: Any,
    ) -> None:
        """Makes the process: all that is different here. What follows ``restore_signals`` is not the same in every version
        of Python; it is known from ``__init__``.
        """
        if isinstance(args, os.PathLike) and shell:
            raise TypeError("with shell=True, args is a string or a sequence, and no path")
        args = [args] if isinstance(args, (str, bytes, os.PathLike)) else list(args)
        if shell:
            args = [executable or "/bin/sh", "-c", *args]
        if executable is None:
            executable = args[0]
        sys.audit("subprocess.Popen", executable, args, cwd, env)
        self.pipesize = self._pipe_size
        pipes.resize((p2cwrite, c2pread, errread), self.pipesize)

        try:
            command = Command(self._container, executable, args)
            command.set_environment(env)
            command.set_directory(cwd)
            command.set_streams(p2cread, c2pwrite, errwrite)
            command.set_descriptors(pass_fds, close_fds)
            command.set_identity(self._identity)
            command.set_process_group(self._process_group, self._new_session)
            command.set_umask(self._umask)
            command.set_signals(restore_signals)
            self._child = Child(command.spawn())
        except Error as error:
            _raise_as_subprocess(error, executable, cwd)
        finally:
            # A process that has ended keeps no container.
            del self._container
        self.pid = self._child.pid
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)

    def _internal_poll(self, _deadstate: Optional[int] = None, *unused: Any) -> Optional[int]:
        if self.returncode is None and self._waitpid_lock.acquire(False):
            try:
                self._reap(_deadstate)
            finally:
                self._waitpid_lock.release()
        return self.returncode

    def _wait(self, timeout: Optional[float]) -> Optional[int]:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.returncode is None:
            child = self._child
            if child is not None:
                if not child.wait_until_ended(deadline):
                    raise subprocess.TimeoutExpired(self.args, timeout or 0)
                with self._waitpid_lock:
                    self._reap(None)
                if self.returncode is None:
                    child.pause()
        return self.returncode

    def _reap(self, lost: Optional[int]) -> None:
        """Looks for the status; to be called with the lock held. Once it is known, the library's descriptor is closed, as
        soon as no other thread waits with it.
        """
        if self.returncode is not None or self._child is None:
            return
        try:
            status = self._child.try_wait()
        except ChildProcessError:
            # It has ended, but how can't be told; subprocess takes it for a success.
            self.returncode = 0 if lost is None else lost
        else:
            if status is None:
                return
            self._handle_exitstatus(status)
        self._child = None

    def send_signal(self, sig: int) -> None:
        """Sends a signal to the process, and to none that has its pid later."""
        self.poll()
        child = self._child
        if self.returncode is None and child is not None:
            child.kill(sig)


def _raise_as_subprocess(error: Error, executable: Any, cwd: Any) -> NoReturn:
    """Raises what subprocess would, with what the library says as its cause; or that, if subprocess could not fail so."""
    if error.code in _OF_CONTAINERS or error.errno == errno.EINVAL:
        raise error
    if error.phase == Phase.EXECUTE:
        raise plain(error, executable) from error
    if cwd is not None and error.path == os.fsdecode(cwd):
        raise plain(error, cwd) from error
    raise plain(error) from error
