"""The command line of backups."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy.exc import SQLAlchemyError

from kit.clock import SystemClock
from touchline.backup.manifest import BackupError
from touchline.backup.restore import restore as restore_backup
from touchline.backup.take import take as take_backup
from touchline.backup.verify import verify as verify_backup
from touchline.commands import running
from touchline.listening import CannotServe
from touchline.settings import Settings

T = TypeVar("T")
_DIRECTORY = click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))


class _Backup(click.Group):
    """`backup DIR` takes one; a directory whose name is that of a command is written ./verify."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command that is left out where it belongs."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["take", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Backup, subcommand_metavar="[--with-secret] DIR | verify DIR")
def backup() -> None:
    """Take a backup into the directory DIR, also while the server runs; `backup verify DIR` tries one out.

    It has the database, and the settings without secrets.
    """


@backup.command("take", hidden=True)
@_DIRECTORY
@click.option("--with-secret", is_flag=True, help="Put the secret key in as well; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def take(directory: Path, *, with_secret: bool, yes: bool) -> None:
    """Take a backup into the directory DIR, also while the server runs."""
    settings = _settings()
    if with_secret and not yes and not _ask(
        "Whoever has the secret key can sign in as anybody. Put it into the backup?"
    ):  # fmt: skip
        raise click.ClickException("No backup was taken: the secret key stays where it is. Leave --with-secret out.")
    manifest = _run(lambda: take_backup(settings, directory, with_secret=with_secret, clock=SystemClock()))
    click.echo(f"{directory}: {len(manifest.tables)} tables, {manifest.rows} rows, schema {manifest.revision}.")
    click.echo(f"Try it out with: touchline backup verify {directory}")


@backup.command("verify")
@_DIRECTORY
@click.option("--on", default="", metavar="URL", help="A PostgreSQL server on which a database may be made.")
def verify(directory: Path, on: str) -> None:
    """Boot a copy of a backup by itself, and compare it with what was backed up."""
    settings = _settings()
    _run(lambda: verify_backup(settings, directory, on=on, echo=click.echo))
    click.echo(f"{directory} is good.")


@click.command("restore")
@_DIRECTORY
@click.option("--force", is_flag=True, help="Replace what is there without asking.")
def restore(directory: Path, *, force: bool) -> None:
    """Restore a backup from the directory DIR; no server may run on that database."""
    settings = _settings()
    ask = (lambda _: True) if force else _ask
    manifest, told = _run(lambda: restore_backup(settings, directory, ask=ask, clock=SystemClock()))
    for sentence in told:
        click.echo(sentence)
    click.echo(f"Restored what was backed up at {manifest.taken_at}: {manifest.rows} rows.")


def _ask(question: str) -> bool:
    return sys.stdin.isatty() and click.confirm(question)


def _settings() -> Settings:
    settings = running.settings()
    running.quiet("warning")
    return settings


def _run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was begun is removed on the way out
    try:
        return running.run(work)
    except (BackupError, CannotServe) as error:
        click.echo(f"touchline: {error}", err=True)
    except (OSError, SQLAlchemyError) as error:
        click.echo(f"touchline: {type(error).__name__}: {str(error).partition(chr(10))[0]}", err=True)
    sys.exit(1)
