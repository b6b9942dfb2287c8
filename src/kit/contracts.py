"""The bases of everything that crosses the wire: payloads, replies, events and moments, and their encoding.

Every feature's `contracts` builds on it. What comes in is checked and tidied here, so that services need not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Generic, NamedTuple, Self, TypeVar, get_args

import msgspec

from kit.clock import EPOCH, to_rfc3339
from kit.errors import InvalidPayload
from kit.text import one_line, several_lines, visible
from kit.urls import is_web_address
from kit.wording import place, sentence


class Payload(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a client sends. Unknown fields are an error: a typing mistake is never silently ignored.

    Subclasses say `frozen=True, kw_only=True` again: msgspec applies the latter class by class. A text that people
    read is one of `Name`, `Line`, `Lines` and `WebAddress`, or marked as they are, and is tidied here (`kit.text`),
    however it came.
    """

    def __post_init__(self) -> None:
        """Tidy the texts; raises `InvalidPayload` for a name with nothing to see in it, or one that grew too long."""
        for field, rule in _texts(type(self)).items():
            given = getattr(self, field)
            tidied = rule.tidied(given) if given is not None else None
            if tidied != given:
                msgspec.structs.force_setattr(self, field, tidied)


class Reply(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What the server sends, as an answer or an event.

    Only fields that may be absent have a default, and it is None: an absent value is left out on the wire.
    """


# Patterns end in `$(?!\n)`: Python's `$` alone lets a line break pass, and `\Z` means nothing in JSON Schema.
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+$(?!\n)")]
Slug = Annotated[str, msgspec.Meta(min_length=2, max_length=63, pattern=r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$(?!\n)")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, extra={"text": "name"})]
"""One line with something to see in it."""
Line = Annotated[str, msgspec.Meta(max_length=300, extra={"text": "line"})]
"""One line, which may be empty."""
Lines = Annotated[str, msgspec.Meta(max_length=2000, extra={"text": "lines"})]
"""A text with line breaks, which may be empty."""
WebAddress = Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^https?://", extra={"text": "url"})]
"""An absolute http or https address (`kit.urls`)."""


@dataclass(frozen=True, slots=True)
class _TextRule:
    """How one field's text is tidied. `kind`: `name`, `line`, `lines` or `url`; `at_most` code points."""

    field: str
    kind: str
    at_most: int | None

    @property
    def _said(self) -> str:
        return place(f"$.{self.field}")

    def tidied(self, given: Any) -> Any:  # noqa: ANN401 - a text or a list of texts
        """The text in the form in which it is kept."""
        if isinstance(given, list):
            return [self.tidied(one) for one in given]
        if not isinstance(given, str):
            return given
        if self.kind == "url":
            if given and not is_web_address(given):
                raise InvalidPayload(
                    f"{self._said} must be an http or https address, without a user name or blanks in it.",
                    field=self.field,
                )
            return given
        text = several_lines(given) if self.kind == "lines" else one_line(given)
        if self.kind == "name" and not visible(text):
            raise InvalidPayload(f"{self._said} needs something that can be seen in it.", field=self.field)
        if self.at_most is not None and len(text) > self.at_most:  # composed characters may become more than one
            raise InvalidPayload(f"{self._said} has {self.at_most} characters at most.", field=self.field)
        return text


@cache
def _texts(kind: type[msgspec.Struct]) -> Mapping[str, _TextRule]:
    """The rules of a type's texts, by field."""
    found = {}
    for field in msgspec.structs.fields(kind):
        for meta in _metas(field.type):
            if text := (meta.extra or {}).get("text"):
                found[field.name] = _TextRule(field.encode_name, text, meta.max_length)
    return found


def _metas(annotation: Any) -> Iterator[msgspec.Meta]:  # noqa: ANN401 - any annotation
    """What is said of a field's text, or of the texts in its list or union."""
    for argument in get_args(annotation):
        if isinstance(argument, msgspec.Meta):
            yield argument
        else:
            yield from _metas(argument)


class Policy(StrEnum):
    """How an event is treated when its receiver is slow or was away (docs/realtime.md)."""

    RECOVERABLE = "recoverable"
    """Numbered, kept and delivered exactly once and in order, or the client is told to reload."""
    LATEST_WINS = "latest_wins"
    """Only the newest value of its room and name counts."""
    EPHEMERAL = "ephemeral"
    """To who is there now, in order with the others; never kept, never sent again, and worth no queue."""
    CONTROL = "control"
    """About the connection itself; never dropped, never kept."""


class Publication(NamedTuple):
    """One event on its way out: the arguments of `realtime.publish`."""

    room: str
    event: str
    payload: msgspec.Struct
    policy: Policy


P = TypeVar("P", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class ServerEvent(Generic[P]):
    """The declaration of an event that the server sends; the contract export reads it."""

    name: str
    payload: type[P]
    policy: Policy
    description: str

    def to(self, room: str, payload: P) -> Publication:
        """Address one event of this kind to a room."""
        return Publication(room, self.name, payload, self.policy)


class ErrorBody(Reply, frozen=True, kw_only=True):
    """The `error` of a negative ack."""

    code: str
    message: str
    retry_after: float | None = None
    ref: str | None = None


class Page(NamedTuple):
    """A slice of a list, newest first, and the cursor of the next one (None at the end)."""

    items: list[Any]
    next: str | None


_LAST_MS = 253_402_300_799_999  # the end of the year 9999, the last that RFC 3339 can write


class Instant:
    """A moment. One Struct serves both doors: events carry it as Unix milliseconds, REST as RFC 3339.

    Both forms are understood wherever a moment comes in.
    """

    __slots__ = ("ms",)

    def __init__(self, ms: int) -> None:
        """Make a moment of Unix milliseconds."""
        self.ms = ms

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read Unix milliseconds or RFC 3339; raises ValueError for anything else."""
        if isinstance(value, bool):
            raise ValueError("Expected a time.")  # noqa: TRY004 - msgspec reports a ValueError with its path
        ms = value
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError("A time needs its zone, as in 2026-11-21T18:30:00Z.")
            ms = (moment - EPOCH) // timedelta(milliseconds=1)
        if isinstance(ms, int) and 0 <= ms <= _LAST_MS:
            return cls(ms)
        raise ValueError("Expected a time since 1970: Unix milliseconds, or RFC 3339 as in 2026-11-21T18:30:00Z.")

    def rfc3339(self) -> str:
        """The moment in the form of REST."""
        return to_rfc3339(self.ms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instant) and self.ms == other.ms

    def __lt__(self, other: Instant) -> bool:
        return self.ms < other.ms

    def __hash__(self) -> int:
        return hash(self.ms)

    def __repr__(self) -> str:
        return f"Instant({self.ms})"


def _event_hook(value: object) -> object:
    if isinstance(value, Instant):
        return value.ms
    raise NotImplementedError(f"{type(value).__name__} has no form on the wire")


def _rest_hook(value: object) -> object:
    if isinstance(value, Instant):
        return value.rfc3339()
    raise NotImplementedError(f"{type(value).__name__} has no form on the wire")


def decode_hook(target: type[Any], value: object) -> object:
    """Msgspec's `dec_hook` for the types of this module."""
    if target is Instant:
        return Instant.parse(value)
    raise NotImplementedError(f"{target.__name__} has no form on the wire")


_event_encoder = msgspec.json.Encoder(enc_hook=_event_hook)
_rest_encoder = msgspec.json.Encoder(enc_hook=_rest_hook)


def encode_event(value: object) -> bytes:
    """JSON as sockets and event streams carry it (times in Unix milliseconds)."""
    return _event_encoder.encode(value)


def encode_rest(value: object) -> bytes:
    """JSON as REST carries it (times in RFC 3339)."""
    return _rest_encoder.encode(value)


T = TypeVar("T")


def convert(value: object, target: type[T]) -> T:
    """Plain data to a wire type; raises `InvalidPayload` that names the field."""
    try:
        return msgspec.convert(value, target, dec_hook=decode_hook)
    except (msgspec.ValidationError, ValueError) as error:
        raise InvalidPayload(sentence(str(error))) from None
    except RecursionError:
        raise InvalidPayload("The input is nested too deeply.") from None


def decode(raw: bytes | str, target: type[T]) -> T:
    """JSON text to a wire type; raises `InvalidPayload` that names the field."""
    try:
        return msgspec.json.decode(raw, type=target, dec_hook=decode_hook)
    except (msgspec.DecodeError, ValueError) as error:
        raise InvalidPayload(sentence(str(error))) from None
    except RecursionError:
        raise InvalidPayload("The input is nested too deeply.") from None
