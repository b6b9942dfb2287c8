"""The command that writes what clients rely on from the code."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from touchline.app import NOWHERE, build_app
from touchline.export import outdated, write
from touchline.settings import Settings

_ROOT = Path(__file__).parents[3]


@click.command()
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
