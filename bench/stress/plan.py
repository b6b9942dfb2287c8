"""Everything that chance decides, made up front from the seed: who does what, and which faults come in which order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.stress.rubbish import KINDS as RUBBISH

TRANSPORTS = {"websocket": 62, "upgrade": 14, "polling": 8, "events": 16}
"""How listeners connect, in per cent; `events` are server-sent ones."""

FAULTS: dict[str, tuple[float, float]] = {
    "worker-killed": (0.0, 0.0),
    "worker-stopped": (0.0, 0.0),
    "worker-frozen": (0.5, 4.0),
    "worker-hung": (0.0, 0.0),
    "server-killed": (0.0, 2.0),
    "redis-frozen": (0.5, 7.5),
    "redis-sleeps": (0.5, 3.0),
    "redis-restarted": (0.0, 2.0),
    "redis-crashed": (0.0, 2.0),
    "redis-emptied": (0.0, 0.0),
    "redis-kills-subscriptions": (0.0, 0.0),
    "redis-kills-clients": (0.0, 0.0),
    "redis-reset": (0.0, 0.0),
    "redis-refused": (0.5, 3.0),
    "redis-stalled": (0.5, 7.5),
    "redis-lost-by-one-worker": (2.0, 7.5),
    "redis-drops-bytes": (0.5, 3.0),
    "redis-out-of-memory": (2.0, 6.0),
    "redis-read-only": (1.0, 4.0),
    "redis-disk-full": (2.0, 6.0),
    "private-redis-killed": (0.0, 0.0),
    "private-redis-frozen": (0.5, 4.0),
    "sqlite-locked": (1.0, 8.0),
    "sqlite-disk-full": (1.0, 4.0),
    "postgresql-restarted": (0.0, 2.0),
    "postgresql-crashed": (0.0, 2.0),
    "postgresql-frozen": (0.5, 8.0),
    "postgresql-reset": (0.0, 0.0),
    "postgresql-refused": (0.5, 3.0),
    "postgresql-stalled": (0.5, 8.0),
    "clients-reset": (0.0, 0.0),
    "clients-stalled": (1.0, 6.0),
    "clients-half-open": (1.0, 4.0),
    "clients-leave-at-once": (0.5, 2.0),
    "rubbish-from-all-sides": (0.5, 2.0),
}
"""Every kind of fault, and for how many seconds it lasts; each ends by itself."""

DATABASES = ("sqlite", "postgresql")
REDISES = ("own", "private")
"""Whose Redis it is: one of the run, reached through a proxy, or the one that the gateway starts for itself."""

_MAX_DEATHS = 15  # the supervisor gives a server up whose workers died twenty times
_DEADLY = ("worker-killed", "worker-stopped", "worker-hung")
_SERVER = "server-killed"  # begins the count of dead workers anew
_SECONDS_A_FAULT = 3.0
_ACTS = {"switch": 20, "leave-and-join": 20, "reset": 18, "away": 10, "disconnect": 8, "abandon": 8, "stall": 8,
         "rubbish": 8}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a listener does, after a pause; `seconds` for what has a length, `what` for what has a kind."""

    pause: float
    name: str
    seconds: float
    what: str


@dataclass(frozen=True, slots=True)
class Role:
    """One listener: how it connects, what it follows, and its acts, which it repeats until the end.

    Attributes:
        proxied: Whether it comes through the proxy whose connections faults cut.
        channel: The number of the channel that it begins with.
        match: Whether it follows the match too.
    """

    name: str
    transport: str
    proxied: bool
    channel: int
    match: bool
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that breaks. `pick` in [0, 1): which one, of those that there are then."""

    kind: str
    seconds: float
    pick: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A run."""

    seed: int
    listeners: tuple[Role, ...]
    faults: tuple[Fault, ...]

    def as_json(self) -> dict[str, Any]:
        """For the report."""
        return asdict(self)


def possible(*, database: str, redis: str) -> list[str]:
    """The kinds of faults that can be carried out on these stores."""
    stores = {f"{name}-" for name in DATABASES if name != database} | {"private-redis-" if redis == "own" else "redis-"}
    return [kind for kind in FAULTS if not kind.startswith(tuple(stores))]


def plan(
    seed: int, *, clients: int, seconds: float, channels: int, workers: int, kinds: Sequence[str] = tuple(FAULTS)
) -> Plan:
    """The plan of a seed. `kinds`: only these faults."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    listeners = tuple(_role(chance, number, channels) for number in range(clients))
    wanted = [kind for kind in FAULTS if kind in kinds]
    if workers == 1:
        wanted = [kind for kind in wanted if kind not in _DEADLY]  # no supervisor brings the only one back
    faults: list[Fault] = []
    while wanted and len(faults) < max(1, round(seconds / _SECONDS_A_FAULT)):
        deaths = sum(fault.kind in _DEADLY for fault in faults)
        for kind in chance.sample(wanted, len(wanted)):
            if kind in _DEADLY and deaths >= _MAX_DEATHS:
                continue
            deaths = 0 if kind == _SERVER else deaths + (kind in _DEADLY)
            faults.append(Fault(kind, round(chance.uniform(*FAULTS[kind]), 2), round(chance.random(), 4)))
        if all(kind in _DEADLY for kind in wanted) and deaths >= _MAX_DEATHS:
            break
    return Plan(seed, listeners, tuple(faults[: max(1, round(seconds / _SECONDS_A_FAULT))]))


def _role(chance: random.Random, number: int, channels: int) -> Role:
    transport = chance.choices(list(TRANSPORTS), list(TRANSPORTS.values()))[0]
    acts = tuple(_act(chance, transport) for _ in range(8)) if chance.random() < 0.8 else ()  # the others just listen
    return Role(
        name=f"{transport}-{number:04d}",
        transport=transport,
        proxied=chance.random() < 0.4,
        channel=chance.randrange(channels),
        match=chance.random() < 0.5,
        acts=acts,
    )


def _act(chance: random.Random, transport: str) -> Act:
    names = ["reset", "away", "stall"] if transport == "events" else list(_ACTS)
    name = chance.choices(names, [_ACTS[one] for one in names])[0]
    return Act(
        pause=round(chance.uniform(1.0, 12.0), 2),
        name=name,
        seconds=round(chance.uniform(0.2, 5.0), 2),
        what=chance.choice(sorted(RUBBISH)) if name == "rubbish" else "",
    )
