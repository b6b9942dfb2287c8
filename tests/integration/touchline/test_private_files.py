"""Everything that the server and its commands create in the data directory is for its user alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from kit.session import Role
from tests.live import Gateway
from tests.support import warm


def open_to_others(directory: Path) -> dict[str, str]:
    """What of a directory others may touch; a socket's directory decides for it."""
    return {
        str(path.relative_to(directory)): stat.filemode(path.lstat().st_mode)
        for path in [directory, *directory.rglob("*")]
        if path.lstat().st_mode & 0o077
    }


def command(directory: Path, *arguments: str, stdin: str = "") -> None:
    """Run one with an open umask, as most shells have it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TOUCHLINE_")}
    warm.run(arguments, env=env | {"TOUCHLINE_DATA_DIR": str(directory)}, stdin=stdin, umask=0o000).check_returncode()


def test_the_commands(tmp_path: Path) -> None:
    command(tmp_path / "a", "migrate")
    user = ("create-user", "--email", "o@example.org", "--role", "owner", "--password-stdin")
    command(tmp_path / "b", "migrate")
    command(tmp_path / "b", *user, stdin="correct horse battery\n")
    assert open_to_others(tmp_path / "a") == {}
    assert open_to_others(tmp_path / "b") == {}
    assert (tmp_path / "b" / "touchline.db").exists()


async def test_the_server_while_it_runs_and_after_it(gateway_factory: Callable[..., Gateway]) -> None:
    before = os.umask(0o000)
    try:
        gateway = gateway_factory(workers=2)
        data = gateway.directory / "data"
        await gateway.channel(await gateway.account(Role.OWNER))
        assert (data / "touchline.db-wal").exists()
        assert open_to_others(data) == {}
        gateway.stop()
        assert open_to_others(data) == {}
        (data / "touchline.db").chmod(0o644)
        (data / "redis" / "redis.log").chmod(0o666)
        gateway.start()
        assert open_to_others(data) == {}
    finally:
        os.umask(before)
    assert "others may not read this any more" in gateway.log()
