"""The one dispatcher: from an event's name and arguments to the method that handles it, and back to an ack.

A gateway's methods carry `@event`; what the decorator records is read by the dispatcher, the metrics and the
contract export. For every call the order is: look-up, roles, rate, payload, handler, ack.
"""

from __future__ import annotations

import inspect
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, get_type_hints

import msgspec
import structlog
from redis.exceptions import RedisError

from kit import codes, security
from kit.contracts import Payload, convert
from kit.errors import DomainError, Forbidden, InvalidPayload, RateLimited, Unauthorized, UnknownEvent
from kit.outages import unavailable
from kit.rate_limits import Rate
from kit.redis_errors import redis_outage
from kit.session import Role, Session

log = structlog.get_logger(__name__)

RESERVED = frozenset({"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"})
"""Names of the Socket.IO protocol's own events: never a handler, whoever asks."""

Handler = Callable[..., Awaitable[Any]]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True, slots=True)
class EventSpec:
    """The declaration of one client event, bound to its handler."""

    name: str
    roles: frozenset[Role]
    rate: Rate
    payload: type[msgspec.Struct] | None
    reply: Any
    description: str
    handler: Handler


@dataclass(frozen=True, slots=True)
class _Declared:
    name: str
    roles: frozenset[Role]
    rate: Rate


def event(name: str, *, roles: Iterable[Role], rate: Rate) -> Callable[[H], H]:
    """Mark a gateway method `(self, session[, command]) -> reply` as the handler of a client event.

    Args:
        name: As clients send it: `noun:verb`.
        roles: Who may send it: a caller needs one of them.
        rate: How often one caller may send it.

    Returns:
        The decorator.

    Raises:
        ValueError: The name is one of the protocol's own, or has another form.
    """
    if name in RESERVED or (":" not in name and name != "heartbeat"):
        raise ValueError(f"{name!r} cannot be a client event")

    def mark(method: H) -> H:
        method.__touchline_event__ = _Declared(name, frozenset(roles), rate)  # type: ignore[attr-defined]
        return method

    return mark


class Gateway:
    """The socket door of one module."""

    def specs(self) -> list[EventSpec]:
        """The events of this gateway, bound to it."""
        found = []
        for _, method in inspect.getmembers(self, inspect.ismethod):
            declared: _Declared | None = getattr(method, "__touchline_event__", None)
            if declared is not None:
                hints = get_type_hints(method.__func__)
                payload = next((t for t in hints.values() if isinstance(t, type) and issubclass(t, Payload)), None)
                found.append(
                    EventSpec(
                        declared.name,
                        declared.roles,
                        declared.rate,
                        payload,
                        self.reply_type(declared.name, hints.get("return")),
                        inspect.getdoc(method) or "",
                        method,
                    )
                )
        return found

    def reply_type(self, _event: str, annotated: object) -> object:
        """The ack's data type; a gateway whose reply is put together at start-up overrides this."""
        return annotated


class Limiter(Protocol):
    """Counts calls against a rate."""

    async def hit(self, key: str, rate: Rate, session: Session) -> float | None:
        """Count one call.

        Args:
            key: The event's name.
            rate: How often it may be sent.
            session: Who sends it.

        Returns:
            None when it is within the rate, else the seconds to wait.
        """
        ...


class EventMetrics(Protocol):
    """Counts what the dispatcher has handled."""

    def handled(self, event: str, outcome: str, seconds: float) -> None:
        """One event was answered.

        Args:
            event: Its name; `unknown` for all that have no handler.
            outcome: `ok` or an error code.
            seconds: From its arrival to its ack.
        """
        ...


class Dispatcher:
    """Answers every client event exactly once, with `{ok: true, data}` or `{ok: false, error}`."""

    def __init__(self, gateways: Iterable[Gateway], *, limiter: Limiter, metrics: EventMetrics) -> None:
        self._specs: dict[str, EventSpec] = {}
        for gateway in gateways:
            for spec in gateway.specs():
                if spec.name in self._specs:
                    raise ValueError(f"two handlers for {spec.name}")
                self._specs[spec.name] = spec
        self._limiter = limiter
        self._metrics = metrics

    @property
    def specs(self) -> Mapping[str, EventSpec]:
        """All client events by name."""
        return self._specs

    async def dispatch(self, session: Session, name: object, args: list[Any]) -> dict[str, Any]:
        """Handle one event of one connection. Never raises.

        Args:
            session: Of the connection.
            name: What the client called it: anything at all.
            args: What it sent with it.

        Returns:
            The ack.
        """
        started = time.perf_counter()
        known = name if isinstance(name, str) and name in self._specs else "unknown"
        try:
            data = await self._handle(session, name, args)
            outcome, ack = "ok", {"ok": True, "data": data}
        except DomainError as error:
            if isinstance(error, Forbidden):
                security.forbidden(session, known, error.message)
            outcome, ack = error.code, {"ok": False, "error": error_body(error)}
        except Exception as error:
            if isinstance(error, RedisError) and redis_outage(error) is not None:
                away = unavailable()
                outcome, ack = away.code, {"ok": False, "error": error_body(away)}
            else:
                ref = secrets.token_hex(6)
                log.exception("event failed", event_name=known, ref=ref, user=session.user_id)
                outcome = codes.INTERNAL
                message = "Something went wrong here. Please try again; if it stays, tell us the reference."
                ack = {"ok": False, "error": {"code": outcome, "message": message, "ref": ref}}
        self._metrics.handled(known, outcome, time.perf_counter() - started)
        return ack

    async def _handle(self, session: Session, name: object, args: list[Any]) -> object:
        spec = self._specs.get(name) if isinstance(name, str) else None
        if spec is None:
            raise UnknownEvent("There is no such event.")
        if not spec.roles & session.roles:
            if not session.signed_in:
                raise Unauthorized("Sign in to do this.")
            raise Forbidden("Your role does not allow this.")
        wait = await self._limiter.hit(spec.name, spec.rate, session)
        if wait is not None:
            raise RateLimited(f"That was too often. Try again in {spoken(wait)}.", retry_after=wait)
        if len(args) > 1:
            raise InvalidPayload("An event takes one object.")
        body = args[0] if args and args[0] is not None else {}
        if not isinstance(body, dict):
            raise InvalidPayload("An event takes one object.")
        if spec.payload is None:
            return await spec.handler(session)
        return await spec.handler(session, convert(body, spec.payload))


def error_body(error: DomainError) -> dict[str, Any]:
    """The wire form of an error: `{code, message, retryAfter?}`."""
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.retry_after is not None:
        body["retryAfter"] = milliseconds_up(error.retry_after)
    return body


def spoken(seconds: float) -> str:
    """A time to wait, as people say it; upwards."""
    whole = max(1, math.ceil(seconds))
    if whole < 120:
        return "a second" if whole == 1 else f"{whole} seconds"
    return f"{math.ceil(whole / 60)} minutes"


def milliseconds_up(seconds: float) -> float:
    """Seconds to three places, upwards: whoever waits as long as told must not come too early."""
    return math.ceil(seconds * 1000) / 1000
