"""The commands for the database's schema."""

from __future__ import annotations

import asyncio

import click

from touchline.commands import running
from touchline.migrate import make_revision
from touchline.migrate import migrate as bring_up_to_date
from touchline.settings import load


@click.command()
def migrate() -> None:
    """Bring the database up to date (`serve` does it by itself)."""
    settings = running.settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    asyncio.run(bring_up_to_date(settings.effective_database_url))
    click.echo("The database is up to date.")


@click.command(hidden=True)
@click.argument("message")
def make_migration(message: str) -> None:
    """Write a migration from the difference between the models and the database."""
    make_revision(load().effective_database_url, message)
