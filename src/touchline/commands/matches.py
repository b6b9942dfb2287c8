"""The commands that play a match into a server: a recorded one, or an invented one."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Literal

import click

from feeds.kafka.producer import play_into_kafka
from feeds.replay import play_into
from feeds.replay import replay as replay_file
from feeds.simulator import SIMULATED
from feeds.simulator import simulate as simulate_match
from kit.clock import SystemClock
from kit.contracts import Instant
from scoring.model import Sport
from touchline.commands import running


@click.command()
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
    password = running.ask_password(from_stdin=password_stdin, confirm=False)
    running.run(
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


@click.command()
@click.option("--sport", default="football", show_default=True, type=click.Choice(sorted(SIMULATED)))
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
    sport: Sport,
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
        settings = running.settings()
        if not settings.kafka_url or channel is not None:
            raise click.UsageError("Kafka needs TOUCHLINE_KAFKA_URL, and knows no channels.")
        url, topic = settings.kafka_url, settings.kafka_topic
        running.run(lambda: play_into_kafka(match, url=url, topic=topic, speed=speed, echo=click.echo))
        return
    if email is None:
        raise click.UsageError("A server wants an account: --email, with the role feed or admin.")
    password = running.ask_password(from_stdin=password_stdin, confirm=False)
    running.run(
        lambda: play_into(
            match, server=server, email=email, password=password, speed=speed, channel=channel, echo=click.echo
        )
    )
