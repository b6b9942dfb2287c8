"""One shell session for the command blocks of a page: a folder as after `make setup`, and addresses of its own.

In the folder `.venv/bin/touchline` is the same command line as everywhere, started warm (`tests.support.warm`); the
sources are links to the tree under test. What a block leaves running ends with the session.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.harness import PATIENCE, ROOT
from tests.support.pages import Block
from tests.support.warm import Touchline

_LINKED = ("Makefile", "scripts", "requirements", "pyproject.toml", "src", "web", "deploy", "docs", "migrations")
_STAMPS = ("python", "npm", "web")
_MESSAGE_BYTES = 256 * 1024
_AT_A_TERMINAL = " at a terminal"

_STUB = """#!{python} -ISs
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
    asked.connect({address!r})
    socket.send_fds(asked, [json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()], [0, 1, 2])
    pid = int(asked.recv(100))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: os.kill(pid, number))
    code = int(asked.recv(100))
sys.exit(code if code >= 0 else 128 - code)
"""

_PROLOGUE = """
set -euo pipefail
set -m
jobs_=()
block_() { printf '%s' "$1" >"$SESSION/block"; }
answers_() { curl -fs -o "$SESSION/answer" -r 0-2000 --max-time 2 "$1" && grep -qF -- "$2" "$SESSION/answer"; }
says_() { grep -qF -- "$1" "$SESSION/said.$at_"; }
goes_on_() { # until this is true of it
  until "$@"; do
    kill -0 "${jobs_[-1]}" 2>"$SESSION/noise" || { cat "$SESSION/said.$at_"; echo "it ended"; exit 1; }
    sleep 0.5 # each look is a process
  done
}
end_() {
  code=$?
  for job in "${jobs_[@]}"; do
    if ! kill -0 "$job" 2>"$SESSION/noise" && ! wait "$job"; then echo "what should go on has failed"; code=1; fi
  done
  for job in "${jobs_[@]}"; do kill -TERM -- "-$job" 2>"$SESSION/noise" || true; done
  for job in "${jobs_[@]}"; do wait "$job" 2>"$SESSION/noise" || true; done
  [ "$code" = 0 ] || for said in "$SESSION"/said.*; do echo "--- $said"; tail -c 3000 "$said"; done
  exit $code
}
trap end_ EXIT
"""


class Shell:
    """Runs the blocks of one page, one after another, in one session.

    Args:
        folder: Where it works; becomes like the source tree after `make setup`.
        environment: What the session has beside what the tests were started with; settings of theirs are left out.
        replaced: Text of the blocks that stands for something of this session, such as an address, and what.
        port: Where `serve` listens that is told no port.
    """

    def __init__(self, folder: Path, *, environment: Mapping[str, str], replaced: Mapping[str, str], port: int) -> None:
        self.folder = folder
        self._port = port
        self._session = folder / ".session"
        self._replaced = replaced
        self._started: list[tuple[Touchline, threading.Thread]] = []
        self._terminals: list[int] = []
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("TOUCHLINE_", "MAKE"))},
            "PATH": f"{self._session / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "SESSION": str(self._session),
            **environment,
        }
        self._session.mkdir(parents=True)
        (self._session / "bin").mkdir()
        for name in _LINKED:
            (folder / name).symlink_to(ROOT / name)
        for stamp in _STAMPS:  # `make` finds everything done
            (folder / "build/stamps").mkdir(parents=True, exist_ok=True)
            (folder / "build/stamps" / stamp).touch()
        (folder / "node_modules").symlink_to(ROOT / "web/node_modules")
        (folder / ".venv/bin").mkdir(parents=True)
        self._program(folder / ".venv/bin/python", f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')

    def command(self, name: str, text: str) -> None:
        """A program of the session's own, in the place of one of this machine."""
        self._program(self._session / "bin" / name, text)

    @staticmethod
    def _program(path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)

    def run(self, blocks: Sequence[Block]) -> str:
        """Run blocks; returns all that was said, also by what went on, or fails with the block that failed."""
        script = [_PROLOGUE]
        for number, block in enumerate(blocks):
            script += self._steps(number, block)
        (self._session / "script").write_text("".join(script))
        said = self._session / "said"
        with self._touchline(), said.open("wb") as out:
            process = subprocess.Popen(
                ["bash", str(self._session / "script")],
                cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
            try:
                code = process.wait(3 * PATIENCE)
            except subprocess.TimeoutExpired:
                code = "it never ended"
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(PATIENCE)
                process.kill()
        for terminal in self._terminals:
            os.close(terminal)
        text = said.read_text(errors="replace")
        if code != 0:
            marker = self._session / "block"
            at = blocks[int(marker.read_text())] if marker.exists() else None
            pytest.fail(f"{at}: {code}\n{at.text if at else ''}\n--- said\n{text[-6000:]}")
        return text + "".join(path.read_text(errors="replace") for path in self._session.glob("said.*"))

    def _steps(self, number: int, block: Block) -> Iterator[str]:
        text = self._text(block)
        if (name := block.said("saved as ")) is not None:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(text)
            return
        yield f"\nblock_ {number}; at_={number}\n"
        typed = block.said("types ")
        then = block.said("goes on, then ")
        if typed is not None:
            yield f"{{\n{text}}} <{shlex.quote(self._keyboard(number, typed))}\n"
        elif then is not None:
            address, answers, part = then.partition(" answers")
            wait = f"says_ {shlex.quote(then.removeprefix('says '))}"
            if answers:
                wait = f"answers_ {shlex.quote(self._given(address))} {shlex.quote(part.removeprefix(' with '))}"
            yield f'(\n{text}) >"$SESSION/said.{number}" 2>&1 & jobs_+=($!)\ngoes_on_ {wait}\n'
        else:
            yield text

    def _keyboard(self, number: int, typed: str) -> str:
        """What a block reads that asks; twice, since passwords have to be repeated."""
        if typed.endswith(_AT_A_TERMINAL):  # where a command asks no file
            master, terminal = pty.openpty()
            self._terminals += [master, terminal]
            os.write(master, f"{typed.removesuffix(_AT_A_TERMINAL)}\n".encode())
            return os.ttyname(terminal)
        path = self._session / f"typed.{number}"
        path.write_text(f"{self._given(typed)}\n" * 2)
        return str(path)

    def _text(self, block: Block) -> str:
        return self._given(block.text)

    def _given(self, text: str) -> str:
        shown = "|".join(re.escape(one) for one in sorted(self._replaced, key=len, reverse=True))
        return re.sub(shown, lambda found: self._replaced[found[0]], text) if shown else text

    @contextmanager
    def _touchline(self) -> Iterator[None]:
        """Serve what `.venv/bin/touchline` asks for while the session runs, and end what is left of it."""
        address = str(self._session / "touchline")
        self._program(self.folder / ".venv/bin/touchline", _STUB.format(python=sys.executable, address=address))
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
            door.bind(address)
            door.listen()
            thread = threading.Thread(target=self._serve, args=(door,), daemon=True)
            thread.start()
            try:
                yield
            finally:
                door.shutdown(socket.SHUT_RDWR)
                thread.join(PATIENCE)
                for process, waiting in self._started:
                    if process.returncode is None:
                        with suppress(ProcessLookupError):
                            os.kill(process.pid, signal.SIGTERM)
                    waiting.join(PATIENCE)

    def _serve(self, door: socket.socket) -> None:
        with suppress(OSError):
            while True:
                asked, _ = door.accept()
                threading.Thread(target=self._start, args=(asked,), daemon=True).start()

    def _start(self, asked: socket.socket) -> None:
        with asked:
            message, files, _, _ = socket.recv_fds(asked, _MESSAGE_BYTES, 3)
            arguments, environment, folder = json.loads(message)
            if arguments[:1] == ["serve"] and "--port" not in arguments:
                arguments += ["--port", str(self._port)]
            try:
                process = Touchline(
                    arguments, env=environment, cwd=folder, stdin=files[0], stdout=files[1], stderr=files[2]
                )
            finally:
                for file in files:
                    os.close(file)
            self._started.append((process, threading.current_thread()))
            with suppress(OSError):  # whoever asked may have been stopped
                asked.send(b"%d" % process.pid)
            code = process.wait()
            with suppress(OSError):
                asked.send(b"%d" % code)
