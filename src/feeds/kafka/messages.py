"""The messages of the topic of matches: strict JSON, one match a message (docs/reference/kafka.md).

Both sides of Kafka use it: `producer` writes what `delivery` reads.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import msgspec

from kit.contracts import Id, Payload, decode, encode_rest
from kit.errors import InvalidPayload
from scoring.model import MAX_BATCH, CreateMatch, EventOp, Key

MAX_MESSAGE_BYTES = 1024 * 1024
"""What Kafka's brokers take as one message unless told otherwise; 200 events of a real match have 160 kB."""


class ExternalMatch(Payload, frozen=True, kw_only=True):
    """A match by a provider's own id."""

    provider: Key
    id: Key


class CreateMessage(Payload, frozen=True, kw_only=True, tag_field="type", tag="create"):
    """Make a match. It needs an external id: by that the same message, read twice, makes one match."""

    match: CreateMatch


class EventsMessage(Payload, frozen=True, kw_only=True, tag_field="type", tag="events"):
    """Operations on the events of one match, named by our id or by a provider's.

    Each of `events` is an `EventOp`, judged by itself: one that is no good does not stop the others.
    """

    events: Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1, max_length=MAX_BATCH)]
    match_id: Id | None = None
    external: ExternalMatch | None = None


TopicMessage = CreateMessage | EventsMessage


class MatchName(NamedTuple):
    """Which match is meant: our id, or a provider's."""

    provider: str | None
    id: str

    @property
    def key(self) -> bytes:
        """The key of its messages: what has the same key stays in one partition, in order."""
        return (self.id if self.provider is None else f"{self.provider}:{self.id}").encode()


def read_message(raw: bytes | None) -> TopicMessage:
    """A message as it came; raises `InvalidPayload`."""
    if raw is None:
        raise InvalidPayload("The message has no value.")
    if len(raw) > MAX_MESSAGE_BYTES:
        raise InvalidPayload(f"A message has at most {MAX_MESSAGE_BYTES} bytes.")
    message: TopicMessage = decode(raw, TopicMessage)  # type: ignore[arg-type]  # a union is no class
    if isinstance(message, CreateMessage):
        if not message.match.external_ids:
            raise InvalidPayload("A match from Kafka needs an external id.")
    else:
        match_named_in(message)
    return message


def match_named_in(message: EventsMessage) -> MatchName:
    """Which match a message is about; raises `InvalidPayload` unless it names exactly one."""
    if message.match_id is not None and message.external is None:
        return MatchName(None, message.match_id)
    if message.external is not None and message.match_id is None:
        return MatchName(message.external.provider, message.external.id)
    raise InvalidPayload("A message names its match by `matchId` or by `external`, one of both.")


def write_create(new: CreateMatch) -> bytes:
    """The message that makes a match."""
    return encode_rest(CreateMessage(match=new))


def write_events(target: MatchName, events: list[EventOp] | list[dict[str, Any]]) -> bytes:
    """The message that carries events."""
    about = (
        {"matchId": target.id}
        if target.provider is None
        else {"external": {"provider": target.provider, "id": target.id}}
    )
    return encode_rest({"type": "events", **about, "events": events})
