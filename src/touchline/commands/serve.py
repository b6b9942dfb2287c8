"""`touchline serve`, and the demo that it may have beside it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

import click

from touchline import logging as touchline_logging
from touchline.commands import running
from touchline.listening import Bind, CannotServe, ensure_free
from touchline.offline import with_app
from touchline.serve import prepared
from touchline.serve import serve as serve_forever
from touchline.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that share the port."
)
@click.option("--demo", "with_demo", is_flag=True, help="A demo station on air, with throw-away accounts.")
def serve(host: str, port: int, workers: int, *, with_demo: bool) -> None:
    """Run the gateway: pages, API, sockets and the source port."""
    settings = running.settings()
    touchline_logging.configure(level=settings.log_level, json=settings.json_logs)
    bind = Bind(host=host, port=port, workers=workers)
    try:
        ensure_free(bind)
        ensure_free(Bind(host=settings.source_host or host, port=settings.source_port))
        with prepared(settings) as ready:
            _refuse_demo_in_production(ready.settings, with_demo=with_demo)
            if with_demo:
                from touchline import demo as demo_station  # noqa: PLC0415 - its clients cost every start a second

                with demo_station.beside(ready.settings, bind):
                    serve_forever(ready, bind)
            else:
                serve_forever(ready, bind)
    except CannotServe as error:
        click.echo(f"touchline: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("touchline: stopped", err=True)


def _refuse_demo_in_production(settings: Settings, *, with_demo: bool) -> None:
    if not settings.production:
        return
    if with_demo:
        raise click.UsageError("The demo has published passwords; production does not run it.")
    if running.run(lambda: with_app(settings, lambda app: app.identity.has_demo_accounts())):
        raise click.UsageError("This database holds demo accounts; production does not start on it. Use a fresh one.")


@click.command(hidden=True)
def demo() -> None:
    """The demo's own process; `serve --demo` starts it and hands it its accounts."""
    from touchline import demo as demo_station  # noqa: PLC0415 - as above

    settings = json.loads(sys.stdin.readline())
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(demo_station.run(settings))
