"""The commands for channels."""

from __future__ import annotations

import click

from kit.contracts import convert
from streaming.contracts import CreateChannel
from touchline.app import Application
from touchline.commands.on_database import on_database


@click.command()
@click.option("--slug", required=True, help="Its name in addresses: /c/SLUG and /listen/SLUG.")
@click.option("--name", required=True)
@click.option("--owner", required=True, metavar="EMAIL", help="The address of the owner's account.")
def create_channel(slug: str, name: str, owner: str) -> None:
    """Add a channel and print where broadcasting software connects."""

    async def create(app: Application) -> None:
        user = await app.identity.find_user(owner)
        if user is None:
            raise click.ClickException(f"There is no account {owner}.")
        channel = await app.channels.create_for(user.id, convert({"slug": slug, "name": name}, CreateChannel))
        click.echo(f"channel {channel.slug} {channel.id}")
        if channel.source is not None:
            click.echo(f"source port {channel.source.port}, mount {channel.source.mount}, user source")
            click.echo(f"source password {channel.source.password}")

    on_database(create, named=True)
