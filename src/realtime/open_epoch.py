"""What every connection to Redis begins with: its scripts are loaded, and it is found out which epoch this is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kit.redis import as_text
from realtime.order_tracker import OrderTracker
from realtime.redis_keys import ALL, OPEN_EPOCH, STATE, TAILS
from realtime.redis_link import RedisLink


class Opened(NamedTuple):
    """What Redis answered.

    Attributes:
        epoch: The one that it is in now; another one than before if anything that this worker has seen is gone.
        run: The process of Redis that answered.
        sharded: Whether it has sharded pub/sub (Redis 7).
    """

    epoch: str
    run: str
    sharded: bool


async def open_epoch(link: RedisLink, tracker: OrderTracker, new_epoch: Callable[[], str]) -> Opened:
    """Begin to use a connection.

    Args:
        link: The connection.
        tracker: Knows what this worker has seen, and is told of the answer.
        new_epoch: Names an epoch, should one have to begin.

    Raises:
        RedisError: Redis does not answer.
    """
    lines = as_text(await link.call("INFO", "server")).splitlines()
    info = dict(line.split(":", 1) for line in lines if ":" in line)
    for script in ALL:
        await link.call("SCRIPT", "LOAD", script.text)
    run = info.get("run_id", "")
    claim = tracker.claim
    epoch = as_text(await link.evaluate(OPEN_EPOCH, [STATE, TAILS], [run, *claim, new_epoch()]))
    tracker.confirm(claim, epoch, run)
    return Opened(epoch, run, int(info.get("redis_version", "0").partition(".")[0]) >= 7)
