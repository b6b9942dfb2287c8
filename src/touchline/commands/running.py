"""What all commands share: their settings, their event loop, and one clear line where something is wrong.

It must not import the application: `touchline --help` and small commands would wait for that.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from kit.errors import DomainError
from touchline import logging as touchline_logging
from touchline.private_files import keep_private
from touchline.settings import Settings, SettingsError, load

T = TypeVar("T")


def settings() -> Settings:
    """The settings, or the end of the command with all that is wrong about them."""
    keep_private()
    try:
        return load()
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"touchline: {problem}", err=True)
        sys.exit(2)


def quiet(level: str = "error") -> None:
    """Log no more than what a command's own lines do not say."""
    touchline_logging.configure(level=level, json=False)


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run a command's work; a broken rule is one clear line, not a traceback."""

    async def main() -> T:
        return await work()

    try:
        return asyncio.run(main())
    except DomainError as error:
        click.echo(f"touchline: {error.message}", err=True)
        sys.exit(1)


def ask_password(*, from_stdin: bool, confirm: bool = True) -> str:
    """A password from standard input, or asked for without showing it."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=confirm))
