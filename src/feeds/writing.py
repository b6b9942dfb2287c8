"""Writes down the operations of one match, for whoever reads a provider, a file or the dice of a simulation.

It knows neither providers nor sports. Whoever writes must keep event ids stable: they are what a revision is told by.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feeds.names import commentary
from kit.contracts import Instant
from scoring.model import EventOp, NewEventClock, NewEventPlayer


class EventWriter:
    """Collects operations in the order in which they are written."""

    def __init__(self, provider: str, start: Instant, *, once: bool = False) -> None:
        """Write for a provider.

        Args:
            provider: Whose events they are.
            start: Where time begins; it goes on with `wait`.
            once: An event that is written twice counts once, with its later wording.
        """
        self.provider = provider
        self.now_ms: float = start.ms
        self.ops: list[EventOp] = []
        self._once = once
        self._written: set[str] = set()

    def wait(self, seconds: float) -> None:
        """Let this much time of the match go by."""
        self.now_ms += seconds * 1000

    def add(
        self,
        event_id: str,
        kind: str,
        period: int,
        order_key: str,
        text: str | None = None,
        *,
        at: Instant | None = None,
        updated: Instant | None = None,
        clock: NewEventClock | None = None,
        competitor_id: str | None = None,
        players: list[NewEventPlayer] | None = None,
        detail: Mapping[str, Any] | None = None,
        related: list[str] | None = None,
        stated: Mapping[str, int] | None = None,
        deleted: bool = False,
    ) -> None:
        """Write one event.

        Args:
            event_id: The provider's own, or one made of what does not change.
            kind: Its type.
            period: The period it happened in; 0 before the first.
            order_key: Where it stands within the period, as a text.
            text: A line of commentary.
            at: When it happened; by default now.
            updated: When the provider last changed it.
            clock: The match's clock at that moment.
            competitor_id: Whose event it is.
            players: Who took part.
            detail: What else the type has.
            related: Ids of events that it belongs to.
            stated: The provider's own score after it, by competitor id.
            deleted: It is withdrawn.
        """
        if self._once and event_id in self._written:
            self.ops = [op for op in self.ops if op.event_id != event_id]
        self._written.add(event_id)
        self.ops.append(
            EventOp(
                provider=self.provider,
                event_id=event_id,
                type=kind,
                period=period,
                order_key=order_key,
                occurred_at=at if at is not None else Instant(round(self.now_ms)),
                op="delete" if deleted else "add",
                provider_updated_at=updated,
                clock=clock,
                competitor_id=competitor_id,
                players=players or [],
                commentary=commentary(text),
                detail=dict(detail or {}),
                related_event_ids=related or [],
                stated=dict(stated) if stated else None,
            )
        )

    def in_time_order(self) -> list[EventOp]:
        """All that was written, as it happened (a stable sort: what is simultaneous keeps its order)."""
        return sorted(self.ops, key=lambda op: op.occurred_at.ms)
