"""Offsets, which are places in the one order of recoverable events, and envelopes, which are events on their way.

Clients keep offsets and give them back; only the engine compares them.
"""

from __future__ import annotations

import re

import msgspec

from kit.contracts import Policy

_TEXT = re.compile(r"([0-9A-Za-z_]{1,40})-(0|[1-9][0-9]{0,15})")


class Offset(msgspec.Struct, frozen=True):
    """A place in the order of all recoverable events. Numbers of different epochs cannot be compared."""

    epoch: str
    number: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}"

    @classmethod
    def parse(cls, text: object) -> Offset | None:
        """Read what a client gave back; None for anything that was never given out."""
        match = _TEXT.fullmatch(text) if isinstance(text, str) else None
        return cls(match[1], int(match[2])) if match else None


class Envelope(msgspec.Struct, frozen=True):
    """One message of the backplane, as the local fan-out gets it. `event` is empty for a request to close.

    Attributes:
        number: Its own number if it is recoverable, else the counter's value when it was published.
        policy: What is done with it where it is missed or its receiver is slow.
    """

    epoch: str
    number: int
    policy: Policy
    room: str
    event: str
    payload: bytes

    @property
    def recoverable(self) -> bool:
        """Whether it has a place of its own in the order."""
        return self.policy is Policy.RECOVERABLE
