"""`touchline` from a warm start: forked off a process that has imported the program, instead of started anew.

Importing takes some three seconds of processor, and the tests start the program some hundreds of times. What runs is
the same program with arguments, environment, files and a session of its own; `tests/integration/bench` and the demo
start it anew. What was started ends with the tests, however they end.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NoReturn

ROOT = Path(__file__).parents[2]
_REQUEST_BYTES = 256 * 1024
_IMPORTED = (
    "touchline.commands.backup", "touchline.commands.channels", "touchline.commands.configuration",
    "touchline.commands.database", "touchline.commands.people", "touchline.commands.serve",
    # What a worker imports once it serves.
    "aiosqlite", "asyncpg", "uvloop", "websockets.datastructures", "websockets.server",
)  # fmt: skip


class Touchline:
    """A process that runs `touchline`, with the part of `subprocess.Popen` that tests use."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: IO[bytes] | int = subprocess.DEVNULL,
        stdout: IO[bytes] | int = subprocess.DEVNULL,
        stderr: IO[bytes] | int = subprocess.DEVNULL,
        umask: int = 0o022,
        descriptors: int = 0,
        cwd: Path | str = ROOT,
    ) -> None:
        self.args = ["touchline", *arguments]
        self.returncode: int | None = None
        self._said = b""
        request = {
            "arguments": list(arguments), "env": dict(env), "umask": umask, "descriptors": descriptors, "cwd": str(cwd),
        }  # fmt: skip
        self._status, theirs = socket.socketpair()
        null = os.open(os.devnull, os.O_RDWR)
        try:
            files = [null if file == subprocess.DEVNULL else _number(file) for file in (stdin, stdout, stderr)]
            socket.send_fds(_launcher(), [json.dumps(request).encode()], [*files, theirs.fileno()])
        finally:
            os.close(null)
            theirs.close()
        self.pid = int(self._line(None) or "0")

    def poll(self) -> int | None:
        """Its exit code, if it has ended; minus the signal that ended it."""
        if self.returncode is None and (said := self._line(0)) is not None:
            self.returncode = int(said)
            self._status.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            said = self._line(timeout)
            if said is None:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(said)
            self._status.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _line(self, timeout: float | None) -> str | None:
        """The next line of the launcher about this process, or None if none comes in time."""
        while b"\n" not in self._said:
            if not select.select([self._status], [], [], timeout)[0]:
                return None
            more = self._status.recv(100)
            if not more:
                raise RuntimeError("the launcher of tests is gone")
            self._said += more
        line, _, self._said = self._said.partition(b"\n")
        return line.decode()


def run(
    arguments: Sequence[str], *, env: Mapping[str, str], stdin: str = "", umask: int = 0o022, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as `subprocess.run` does."""
    with _file(stdin) as entered, _file() as stdout, _file() as stderr:
        process = Touchline(arguments, env=env, stdin=entered, stdout=stdout, stderr=stderr, umask=umask)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        said = []
        for file in (stdout, stderr):
            file.seek(0)
            said.append(file.read().decode())
        return subprocess.CompletedProcess(process.args, code, *said)


def _file(content: str = "") -> IO[bytes]:
    file = open(os.memfd_create("touchline-test"), "w+b")  # noqa: SIM115, PTH123 - the caller closes it
    file.write(content.encode())
    file.flush()
    file.seek(0)
    return file


def _number(file: IO[bytes] | int) -> int:
    return file if isinstance(file, int) else file.fileno()


# The launcher: a process of the tests' own.


@cache
def _launcher() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm", str(theirs.fileno())],
            cwd=ROOT, pass_fds=[theirs.fileno()], start_new_session=True,
        )  # fmt: skip

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


class _Launcher:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._running: dict[int, socket.socket] = {}
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)  # noqa: FBT003 - the socket's own signature
        signal.set_wakeup_fd(self._wake.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> list[str] | None:
        """Fork what is asked for. Returns in each child with its arguments, and here with None at the tests' end."""
        while True:
            ready = select.select([self._control, self._woken], [], [])[0]
            if self._woken in ready:
                self._woken.recv(4096)
                self._reap()
            if self._control in ready:
                message, files, _, _ = socket.recv_fds(self._control, _REQUEST_BYTES, 4)
                if not message:
                    self._end()
                    return None
                request = json.loads(message)
                pid = os.fork()
                if pid == 0:
                    self._become(request, files)
                    return list(request["arguments"])
                for file in files[:3]:
                    os.close(file)
                self._running[pid] = socket.socket(fileno=files[3])
                self._running[pid].send(b"%d\n" % pid)

    def _become(self, request: dict[str, Any], files: list[int]) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for number, file in enumerate(files[:3]):
            os.dup2(file, number)
        for file in files:
            os.close(file)
        for one in (self._control, self._wake, self._woken, *self._running.values()):
            one.close()
        sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.umask(request["umask"])
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        if limit := request["descriptors"]:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    def _reap(self) -> None:
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            with self._running.pop(pid) as told, suppress(BrokenPipeError):
                told.send(b"%d\n" % os.waitstatus_to_exitcode(status))

    def _end(self) -> None:
        for number, patience in ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0)):
            for pid in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(pid, number)
            deadline = time.monotonic() + patience
            while self._running and time.monotonic() < deadline:
                select.select([self._woken], [], [], 0.1)
                self._reap()


def _main() -> NoReturn:
    for name in _IMPORTED:
        import_module(name)
    app = import_module("touchline.app")
    settings = import_module("touchline.settings")
    app.build_app(
        settings.Settings(secret_key="-" * 32, redis_url=app.NOWHERE)
    )  # the framework imports while it builds
    gc.collect()
    gc.freeze()
    arguments = _Launcher(socket.socket(fileno=int(sys.argv[1]))).serve()
    if arguments is None:
        sys.exit()
    from touchline.cli import main  # noqa: PLC0415 - in the child alone, as its own start would

    sys.argv = ["touchline", *arguments]
    main(arguments, prog_name="touchline")
    sys.exit()


if __name__ == "__main__":
    _main()
