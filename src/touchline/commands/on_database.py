"""How commands work on the station's database: it must be there already, and it is named where something is made."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from touchline.app import Application
from touchline.commands import running
from touchline.offline import NoDatabase, database_name, ensure_database, with_app

T = TypeVar("T")


def on_database(work: Callable[[Application], Awaitable[T]], *, named: bool = False) -> T:
    """Run a command's work on the database that a server has made.

    Without such a database the command ends and says what to do; nothing is made.

    Args:
        work: What is done with the services.
        named: Whether the database is named on standard error: for commands that make something.

    Returns:
        What `work` returns.
    """
    settings = running.settings()

    async def checked() -> T:
        await ensure_database(settings)
        return await with_app(settings, work)

    if named:
        click.echo(f"database {database_name(settings)}", err=True)
    try:
        return running.run(checked)
    except NoDatabase as error:
        click.echo(f"touchline: {error}", err=True)
        sys.exit(1)
