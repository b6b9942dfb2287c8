"""A PostgreSQL cluster of one's own on a free port, for the stress suite and for tests, which may break it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from bench.procs import descendants, free_port

_START_SECONDS = 60


def find_postgres() -> Path | None:
    """The directory of PostgreSQL's server programs; None where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


class PostgresServer:
    """Everybody on this machine may sign in as `touchline`. Nothing is synced to the disk unless `durable`.

    Args:
        directory: An empty directory; as root it is given to the user `postgres`, since the server refuses root.
        binaries: What `find_postgres` found.
        durable: Whether a commit that was acknowledged survives SIGKILL of the whole cluster.
    """

    def __init__(self, directory: Path, binaries: Path, *, durable: bool = False) -> None:
        self._directory = directory
        self.binaries = binaries
        self._options = "" if durable else "-c fsync=off"
        self.port = free_port()
        self._as = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def create(self) -> None:
        """Make the cluster, and start it."""
        if self._as:
            shutil.chown(self._directory, "postgres", "postgres")
        self._run("initdb", "-D", str(self._data), "-U", "touchline", "-A", "trust", "--no-sync", "-E", "UTF8",
                  "--locale=C.UTF-8")  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start it on what is there; returns when it answers."""
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -k {self._directory} {self._options}"
        self._run("pg_ctl", "-D", str(self._data), "-o", options, "-w", "-t", str(_START_SECONDS),
                  "-l", str(self._directory / "log"), "start")  # fmt: skip

    def stop(self, mode: str = "immediate") -> None:
        """End it: `fast` in order, `immediate` as after a power cut. Ended already is fine."""
        self._run("pg_ctl", "-D", str(self._data), "-m", mode, "-w", "-t", str(_START_SECONDS), "stop", check=False)

    def pause(self) -> None:
        """Stop all its processes where they are: connections are accepted by the kernel, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def new_database(self, template: str | None = None) -> str:
        """The URL of a new database, empty or a copy of another one by name."""
        name = f"t{secrets.token_hex(6)}"
        copied = ["-T", template, "--strategy", "file_copy"] if template else []
        subprocess.run(  # noqa: S603 - found on this machine
            [str(self.binaries / "createdb"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "touchline",
             *copied, name],
            check=True, cwd="/",
        )  # fmt: skip
        return f"postgresql://touchline@127.0.0.1:{self.port}/{name}"

    def _signal(self, number: signal.Signals) -> None:
        postmaster = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        for pid in descendants(postmaster):
            os.kill(pid, number)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        subprocess.run(  # noqa: S603 - found on this machine
            [*self._as, str(self.binaries / program), *arguments],
            check=check, stdout=subprocess.DEVNULL, stderr=None if check else subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
