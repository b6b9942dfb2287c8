"""The command that shows the settings."""

from __future__ import annotations

from dataclasses import fields

import click

from touchline.commands import running
from touchline.settings import Settings


@click.command()
def check_config() -> None:
    """Show the settings, with what is wrong about them; secrets are not shown."""
    settings = running.settings()
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
