"""The command that looks whether an installation has all it needs."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

import touchline
from kit.errors import Unavailable
from kit.redis import EmbeddedRedis, RedisStore, find_redis_server
from touchline.commands import running
from touchline.offline import with_app
from touchline.settings import Settings


@click.command()
def doctor() -> None:
    """Look whether everything that Touchline needs is here and answers."""
    settings = running.settings()
    problems = 0

    def line(good: bool, what: str, detail: str) -> None:
        nonlocal problems
        problems += not good
        click.echo(f"{'ok  ' if good else 'FAIL'}  {what}: {detail}")

    line(sys.version_info >= (3, 11), "Python", platform.python_version())
    pages = Path(touchline.__file__).parent / "static" / "index.html"
    line(pages.exists(), "Pages", "built" if pages.exists() else "not built; run make setup")
    writable, detail = _writable(settings.data_dir)
    line(writable, "Data directory", detail)
    if settings.redis_url:
        line(*_answers("Redis", _redis_latency(settings.redis_url)))
    elif EmbeddedRedis(settings.redis_dir).socket.exists():
        line(*_answers("Redis", _redis_latency(EmbeddedRedis(settings.redis_dir).url)))
    else:
        binary = find_redis_server()
        line(binary is not None, "Redis", f"embedded, {binary}" if binary else "install redis-server")
    line(*_answers("Database", _database_latency(settings)))
    ffmpeg = shutil.which("ffmpeg")
    click.echo(f"      ffmpeg: {ffmpeg or 'not here; only needed to send test audio'}")
    sys.exit(1 if problems else 0)


def _answers(what: str, latency: Callable[[], Awaitable[float]]) -> tuple[bool, str, str]:
    async def run() -> float:
        return await asyncio.wait_for(latency(), 5)

    try:
        return True, what, f"answers in {asyncio.run(run()):.1f} ms"
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it is what the doctor reports
        cause = error.__cause__ if isinstance(error, Unavailable) and error.__cause__ else error
        return False, what, f"{type(cause).__name__}: {cause}"


def _redis_latency(url: str) -> Callable[[], Awaitable[float]]:
    async def latency() -> float:
        store = RedisStore(url)
        try:
            return await store.latency_ms()
        finally:
            await store.close()

    return latency


def _database_latency(settings: Settings) -> Callable[[], Awaitable[float]]:
    async def latency() -> float:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return await with_app(settings, lambda app: app.database.latency_ms(), migrated=False)

    return latency


def _writable(path: Path) -> tuple[bool, str]:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = path / ".doctor"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        return False, f"{path}: {error.strerror}"
    return True, str(path)
