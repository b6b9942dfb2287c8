"""The command line: `touchline --help` teaches it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import platform
import secrets
import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import fields
from pathlib import Path
from typing import Literal, TypeVar

import click

from kit.clock import SystemClock
from kit.contracts import Instant, convert
from kit.errors import DomainError, Unavailable
from kit.redis import EmbeddedRedis, RedisStore, find_redis_server
from matches.kafka.producer import play_into_kafka
from matches.replay import play_into
from matches.replay import replay as replay_file
from matches.simulator import TEAMS
from matches.simulator import simulate as simulate_match
from streaming.contracts import CreateChannel
from touchline import demo as demo_station
from touchline import logging as touchline_logging
from touchline.app import NOWHERE, Application, Bind, build_app, with_app
from touchline.backup.commands import backup, restore
from touchline.bench import bench
from touchline.cli_people import ask_password, people
from touchline.export import outdated, write
from touchline.listening import CannotServe, ensure_free
from touchline.migrate import make_revision
from touchline.migrate import migrate as bring_up_to_date
from touchline.private_files import keep_private
from touchline.serve import prepared
from touchline.serve import serve as serve_forever
from touchline.settings import Settings, SettingsError, load

T = TypeVar("T")
_ROOT = Path(__file__).parents[2]


def _settings() -> Settings:
    keep_private()
    try:
        return load()
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"touchline: {problem}", err=True)
        sys.exit(2)


def _run(work: Callable[[], Awaitable[T]]) -> T:
    """Run a command's work; a broken rule is one clear line, not a traceback."""

    async def run() -> T:
        return await work()

    try:
        return asyncio.run(run())
    except DomainError as error:
        click.echo(f"touchline: {error.message}", err=True)
        sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="touchline")
def main() -> None:
    """Touchline: live sports radio with live scores, as one gateway.

    A first look:  touchline serve --demo
    Settings are environment variables TOUCHLINE_*; `touchline check-config` shows them.
    """


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that share the port."
)
@click.option("--demo", is_flag=True, help="A demo station on air, with throw-away accounts.")
def serve(host: str, port: int, workers: int, *, demo: bool) -> None:
    """Run the gateway: pages, API, sockets and the source port."""
    settings = _settings()
    touchline_logging.configure(level=settings.log_level, json=settings.json_logs)
    bind = Bind(host=host, port=port, workers=workers)
    try:
        ensure_free(bind)
        ensure_free(Bind(host=settings.source_host or host, port=settings.source_port))
        with prepared(settings) as ready:
            _refuse_demo_in_production(ready.settings, demo=demo)
            if demo:
                with demo_station.beside(ready.settings, bind):
                    serve_forever(ready, bind)
            else:
                serve_forever(ready, bind)
    except CannotServe as error:
        click.echo(f"touchline: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("touchline: stopped", err=True)


def _refuse_demo_in_production(settings: Settings, *, demo: bool) -> None:
    if not settings.production:
        return
    if demo:
        raise click.UsageError("The demo has published passwords; production does not run it.")
    if _run(lambda: with_app(settings, lambda app: app.identity.has_demo_accounts())):
        raise click.UsageError("This database holds demo accounts; production does not start on it. Use a fresh one.")


@main.command()
def migrate() -> None:
    """Bring the database up to date (`serve` does it by itself)."""
    settings = _settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    asyncio.run(bring_up_to_date(settings.effective_database_url))
    click.echo("The database is up to date.")


for _command in people.commands.values():
    main.add_command(_command)


@main.command("create-channel")
@click.option("--slug", required=True, help="Its name in addresses: /c/SLUG and /listen/SLUG.")
@click.option("--name", required=True)
@click.option("--owner", required=True, metavar="EMAIL", help="The address of the owner's account.")
def create_channel(slug: str, name: str, owner: str) -> None:
    """Add a channel and print where broadcasting software connects."""
    settings = _settings()

    async def work() -> None:
        async def create(app: Application) -> None:
            user = await app.identity.find_user(owner)
            if user is None:
                raise click.ClickException(f"There is no account {owner}.")
            channel = await app.channels.create_for(user.id, convert({"slug": slug, "name": name}, CreateChannel))
            click.echo(f"channel {channel.slug} {channel.id}")
            if channel.source is not None:
                click.echo(f"source port {channel.source.port}, mount {channel.source.mount}, user source")
                click.echo(f"source password {channel.source.password}")

        await with_app(settings, create)

    _run(work)


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--speed", default=60.0, show_default=True, type=click.FloatRange(0), help="0 is as fast as it goes.")
@click.option("--channel", metavar="SLUG", help="Show the match beside this channel's stream.")
@click.option("--server", default="http://127.0.0.1:8000", show_default=True)
@click.option("--email", required=True, help="An account with the role feed or admin.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--match", "match_index", type=click.IntRange(0), help="Which match, in a file that has several.")
def replay(
    file: Path,
    speed: float,
    channel: str | None,
    server: str,
    email: str,
    match_index: int | None,
    *,
    password_stdin: bool,
) -> None:
    """Play a recorded match (Cricsheet, Wyscout, openfootball, play-by-play) into a server."""
    password = ask_password(from_stdin=password_stdin, confirm=False)
    _run(
        lambda: replay_file(
            file,
            server=server,
            email=email,
            password=password,
            speed=speed,
            channel=channel,
            match_index=match_index,
            echo=click.echo,
        )
    )


@main.command()
@click.option("--sport", default="football", show_default=True, type=click.Choice(sorted(TEAMS)))
@click.option("--to", "target", default="rest", show_default=True, type=click.Choice(["rest", "kafka"]),
    help="Where events go: to a server, or to the topic at TOUCHLINE_KAFKA_URL that servers read.",
)  # fmt: skip
@click.option("--seed", type=int, help="Teams, players and all that happens follow from it; by default chance.")
@click.option("--speed", default=10.0, show_default=True, type=click.FloatRange(0), help="0 is as fast as it goes.")
@click.option("--channel", metavar="SLUG", help="Show the match beside this channel's stream.")
@click.option("--server", default="http://127.0.0.1:8000", show_default=True)
@click.option("--email", help="An account with the role feed or admin; Kafka needs none.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def simulate(
    sport: Literal["basketball", "cricket", "football"],
    target: Literal["rest", "kafka"],
    seed: int | None,
    speed: float,
    channel: str | None,
    server: str,
    email: str | None,
    *,
    password_stdin: bool,
) -> None:
    """Play an invented match into a server, or into Kafka."""
    match = simulate_match(
        sport, seed=seed if seed is not None else secrets.randbits(32), start=Instant(SystemClock().now_ms())
    )
    if target == "kafka":
        settings = _settings()
        if not settings.kafka_url or channel is not None:
            raise click.UsageError("Kafka needs TOUCHLINE_KAFKA_URL, and knows no channels.")
        url, topic = settings.kafka_url, settings.kafka_topic
        _run(lambda: play_into_kafka(match, url=url, topic=topic, speed=speed, echo=click.echo))
        return
    if email is None:
        raise click.UsageError("A server wants an account: --email, with the role feed or admin.")
    password = ask_password(from_stdin=password_stdin, confirm=False)
    _run(
        lambda: play_into(
            match, server=server, email=email, password=password, speed=speed, channel=channel, echo=click.echo
        )
    )


@main.command("check-config")
def check_config() -> None:
    """Show the settings, with what is wrong about them; secrets are not shown."""
    settings = _settings()
    for field in fields(Settings):
        value = getattr(settings, field.name)
        shown = _masked(field.name, value)
        click.echo(f"TOUCHLINE_{field.name.upper()} = {shown}\n    {field.metadata['doc']}")


def _masked(name: str, value: object) -> str:
    if name == "secret_key":
        return "(set)" if value else "(not set)"
    if name.endswith("_url") and "@" in str(value):
        scheme, _, rest = str(value).partition("://")
        return f"{scheme}://***@{rest.rpartition('@')[2]}"
    return ",".join(value) if isinstance(value, tuple) else str(value)


@main.command()
def doctor() -> None:
    """Look whether everything that Touchline needs is here and answers."""
    settings = _settings()
    problems = 0

    def line(good: bool, what: str, detail: str) -> None:
        nonlocal problems
        problems += not good
        click.echo(f"{'ok  ' if good else 'FAIL'}  {what}: {detail}")

    line(sys.version_info >= (3, 11), "Python", platform.python_version())
    pages = Path(__file__).parent / "static" / "index.html"
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


main.add_command(bench)
main.add_command(backup)
main.add_command(restore)


@main.command("export-contracts")
@click.option("--check", is_flag=True, help="Write nothing; fail if a file is not current.")
def export_contracts(*, check: bool) -> None:
    """Write AsyncAPI, OpenAPI, JSON Schema and TypeScript from the code."""
    app = build_app(Settings(secret_key="-" * 32, redis_url=NOWHERE))
    if check:
        stale = outdated(app, _ROOT)
        for name in stale:
            click.echo(f"{name} is not current; run: touchline export-contracts", err=True)
        sys.exit(1 if stale else 0)
    for name in write(app, _ROOT):
        click.echo(f"wrote {name}")


@main.command("make-migration", hidden=True)
@click.argument("message")
def make_migration(message: str) -> None:
    """Write a migration from the difference between the models and the database."""
    make_revision(load().effective_database_url, message)


@main.command(hidden=True)
def demo() -> None:
    """The demo's own process; `serve --demo` starts it and hands it its accounts."""
    settings = json.loads(sys.stdin.readline())
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(demo_station.run(settings))
