"""What the adapter of a live provider is: it fetches, it may listen, and it says in our words what it read.

Each file of `feeds.providers` has one; `feeds.live.runner` drives it. An adapter keeps nothing, hands in nothing, and
asks only through the `Outbound` that it is given.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import msgspec

from feeds.lenient import read_lenient
from feeds.outbound import Outbound
from kit.contracts import Instant
from kit.errors import InvalidPayload
from scoring.model import EventOp, Match, Sport

Coverage = Literal["events", "score"]
RawKind = Literal["snapshot", "delta", "event", "connected", "heartbeat"]

MAX_SKIPPED_NAMES = 50
"""Kinds of unknown things that are counted by name; the others share one name."""

MAX_NAME = 60
"""Characters of such a name: it comes from outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One message of a provider. `body` is as it came, empty for `connected` and `heartbeat`."""

    kind: RawKind
    body: bytes = b""
    etag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A message in our words.

    Attributes:
        ops: What it says of each event; revisions are left to the runner.
        complete: It holds all events of the match, so that an absent one is missing.
        generated_ms: When the provider made it (Unix ms), where it says so: an older one than the last is disorder.
        stated: The score by competitor id as the provider states it, in the order of play up to now.
        skipped: How often something unknown was left out, by what it was.
    """

    ops: list[EventOp]
    complete: bool = False
    generated_ms: int | None = None
    stated: Mapping[str, int] | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which match is read, and how: what an adapter knows from its configuration."""

    sport: Sport
    home_id: str
    away_id: str
    scheduled: Instant
    config: Mapping[str, Any]
    external_id: str
    coverage: Coverage = "events"
    options: Mapping[str, str] = field(default_factory=dict)

    def side(self, qualifier: object) -> str | None:
        """Our competitor for a provider's `home` or `away`."""
        return {"home": self.home_id, "away": self.away_id}.get(str(qualifier).lower())


class Skips:
    """Counts what an adapter does not know, instead of failing on it."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def note(self, what: str, name: object = "") -> None:
        """Something was left out, such as an event type and its name."""
        label = f"{what}:{name}"[:MAX_NAME] if name else what
        if label not in self.counts and len(self.counts) >= MAX_SKIPPED_NAMES:
            label = "others"
        self.counts[label] += 1


class Adapter(ABC):
    """Reads one match of one provider."""

    provider: ClassVar[str]
    delta_window_s: float | None = None
    """Seconds that one answer of `fetch_delta` looks back; None where there are no deltas."""
    pushes: bool = False
    """Whether `stream` is there."""
    slow: bool = False
    """Whether `normalise` takes so long (tenths of a second) that it is called in a thread, with nobody else's data."""
    heartbeat_s: float = 5.0
    """Seconds between two signs of life of `stream`."""

    def __init__(self, target: Target, outbound: Outbound) -> None:
        self.target = target
        self.outbound = outbound

    @abstractmethod
    async def fetch_snapshot(self) -> Raw | None:
        """The whole match as the provider has it; None when nothing changed. Raises `FeedError`."""

    async def fetch_delta(self) -> Raw | None:
        """What changed within the last `delta_window_s`; None when nothing did. Raises `FeedError`."""
        raise NotImplementedError

    def stream(self) -> AsyncGenerator[Raw, None]:
        """What the provider sends by itself: `connected` once, then events and heartbeats. Raises `FeedError`."""
        raise NotImplementedError

    def accepted(self, raw: Raw) -> None:  # noqa: B027 - a provider without tags has nothing to note
        """A snapshot is taken in, so that the next question may be whether it still stands."""

    @abstractmethod
    def normalise(self, raw: Raw, known: Mapping[str, EventOp]) -> Batch:
        """A message in our words.

        Args:
            raw: What came.
            known: What was read before and still stands, by event id.

        Raises:
            InvalidPayload: It cannot be read at all (cut off, no JSON, another shape).
        """


T = TypeVar("T")


Number = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
"""A number that is one (texts such as `nan` are taken for numbers too), and small enough to count with."""


def read_shape(body: bytes, shape: type[T], skips: Skips) -> T:
    """A provider's JSON in its shape; numbers may be strings, and a field that is null is one that is absent.

    Args:
        body: As it came.
        shape: What it should be.
        skips: Counts the optional fields that are not what they should be, which are left out.

    Raises:
        InvalidPayload: It is no JSON, or lacks what cannot be done without.
    """
    try:
        value = _without_nulls(msgspec.json.decode(body))
        return read_lenient(value, shape, lambda _why: skips.note("unreadable part of the answer"), strict=False)
    except InvalidPayload as error:
        raise InvalidPayload(f"The answer cannot be read: {error.message}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidPayload(f"The answer cannot be read: {error}") from None
    except RecursionError:
        raise InvalidPayload("The answer is nested too deeply.") from None


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def read_item(item: object, shape: type[T], what: str, skips: Skips) -> T | None:
    """A provider's item in its shape.

    Args:
        item: Decoded JSON.
        shape: What it should be.
        what: What it is called where it is counted.
        skips: Counts the optional parts that are wrong, which are left out.

    Returns:
        The item; None, and counted, where it lacks what the shape needs.
    """
    try:
        return read_lenient(item, shape, lambda _why: skips.note(f"unreadable part of {what}"), strict=False)
    except InvalidPayload:
        skips.note(f"unreadable {what}")
        return None


def read_items(items: object, shape: type[T], what: str, skips: Skips) -> list[T]:
    """Those of a provider's items that have the expected shape.

    Args:
        items: Decoded JSON, which should be a list.
        shape: What each should be.
        what: What one is called where it is counted.
        skips: Counts the others, and what is no list.
    """
    if not isinstance(items, list):
        skips.note(f"unreadable {what}")
        return []
    read = (read_item(item, shape, what, skips) for item in items)
    return [item for item in read if item is not None]


def parse_time(text: str | None) -> Instant | None:
    """RFC 3339, where it is one; a time without a zone is UTC, as the providers mean it."""
    if not text:
        return None
    cleaned = text.strip().replace(" ", "T")
    for form in (cleaned, f"{cleaned}+00:00"):
        try:
            return Instant.parse(form)
        except (ValueError, OverflowError):
            continue
    return None


def target_of(
    match: Match, external_id: str, coverage: Coverage, *, config: Mapping[str, Any], options: Mapping[str, str]
) -> Target:
    """The target for a stored match: home is who is called so, else who is named first.

    Args:
        match: Which one.
        external_id: The provider's id of it.
        coverage: Whether its events are read, or its score alone.
        config: The sport's configuration that the match was made with.
        options: The feed's own.
    """
    home, away = match.competitors
    if home.qualifier == "away" or away.qualifier == "home":
        home, away = away, home
    return Target(
        sport=match.sport,
        home_id=home.id,
        away_id=away.id,
        scheduled=match.scheduled_at,
        config=config,
        external_id=external_id,
        coverage=coverage,
        options=options,
    )
