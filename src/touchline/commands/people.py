"""The commands for accounts. They work on the database; a server that runs acts on it within a second."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import click

from identity.contracts import ChangePerson, ResetPassword, User
from identity.people import OPERATOR
from kit.contracts import Instant, convert
from kit.session import Role
from touchline.app import Application
from touchline.commands import running
from touchline.commands.on_database import on_database

T = TypeVar("T")
_ROLES = click.Choice(["listener", "owner", "admin", "feed"])
_reason = click.option("--reason", help="For the audit log.")


def _with(work: Callable[[Application], Awaitable[T]], *, named: bool = False) -> T:
    running.quiet()  # that a server is not told at once is no news here
    return on_database(work, named=named)


async def _find(app: Application, email: str) -> User:
    user = await app.identity.find_user(email)
    if user is None:
        raise click.ClickException(f"There is no account {email}.")
    return user


def _change(email: str, cmd: ChangePerson) -> None:
    async def work(app: Application) -> None:
        person = await app.people.change(OPERATOR, (await _find(app, email)).id, cmd)
        click.echo(f"{person.role} {person.email} {'disabled' if person.disabled else 'enabled'}")

    _with(work)


@click.command()
@click.option("--email", required=True)
@click.option("--role", required=True, type=_ROLES)
@click.option("--name", help="The name that others see; by default the address up to the @.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create_user(email: str, role: str, name: str | None, *, password_stdin: bool) -> None:
    """Add an account."""
    password = running.ask_password(from_stdin=password_stdin)
    user = _with(
        lambda app: app.identity.create_user(email=email, password=password, role=Role(role), display_name=name),
        named=True,
    )
    click.echo(f"{user.role} {user.email} {user.id}")


@click.command()
@click.option("--email", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@_reason
def set_password(email: str, reason: str | None, *, password_stdin: bool) -> None:
    """Set an account's password; all its sessions end."""
    password = running.ask_password(from_stdin=password_stdin)

    async def work(app: Application) -> None:
        user = await _find(app, email)
        cmd = convert({"password": password, "reason": reason}, ResetPassword)
        await app.people.reset_password(OPERATOR, user.id, cmd)
        click.echo(f"{user.email} has a new password; its sessions have ended")

    _with(work)


@click.command()
@click.option("--email", required=True)
@click.option("--role", required=True, type=_ROLES)
@_reason
def set_role(email: str, role: str, reason: str | None) -> None:
    """Change what an account may do, also where it is signed in."""
    _change(email, ChangePerson(role=Role(role), reason=reason))


@click.command()
@click.option("--email", required=True)
@click.option("--reason", required=True, help="For the audit log, and for whoever tries to sign in.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    help="In UTC; for good without.",
)
def disable_user(email: str, reason: str, until: datetime | None) -> None:
    """Refuse an account from now on; all its sessions end."""
    end = Instant(int(until.replace(tzinfo=UTC).timestamp() * 1000)) if until else None
    _change(email, ChangePerson(disabled=True, reason=reason, until=end))


@click.command()
@click.option("--email", required=True)
@_reason
def enable_user(email: str, reason: str | None) -> None:
    """Let a disabled account sign in again."""
    _change(email, ChangePerson(disabled=False, reason=reason))


@click.command()
@click.option("--email", required=True)
@_reason
def end_sessions(email: str, reason: str | None) -> None:
    """Sign an account out everywhere."""

    async def work(app: Application) -> None:
        user = await _find(app, email)
        await app.people.end_sessions(OPERATOR, user.id, reason)
        click.echo(f"{user.email} is signed out everywhere")

    _with(work)
