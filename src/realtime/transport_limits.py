"""What one worker and one connection may take up: times, bytes and rates, with the reason for each default."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TransportLimits:
    """The bounds of the transport. Times in seconds, sizes in bytes."""

    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    connect_timeout: float | None = 10.0  # to name a namespace; None where nothing needs naming
    handshake_timeout: float = 10.0  # to send the head of a request, from its first byte or from connecting on
    owner_timeout: float = 1.0  # to hand a request to its worker, which is busy with one thing for less
    body_timeout: float = 30.0  # for a body without progress
    whole_body_timeout: float = 300.0  # for all of a body, however it drips: 2 MiB over a telephone line
    write_timeout: float = 10.0  # for an answer of which the peer reads nothing
    max_message: int = 64 * 1024  # the largest payload of the contract is under 20 KiB, even when escaped
    unsent: int = 1024 * 1024  # minutes of a busy match; who is further behind takes a snapshot sooner than the rest
    unsent_total: int = 256 * 1024 * 1024
    messages_per_second: float = 100.0  # ten times what an eager page sends
    messages_burst: float = 500.0  # a page that rejoins everything at once
    queued_messages: int = 64  # then nothing more is read; sixteen times that ends the connection
    connects_per_second: float = 8000.0  # what one core can admit; the rest comes back a moment later
    connects_burst: float = 8000.0
    per_address: int = 1000  # a school behind one address, not a machine that takes all descriptors
    per_private_address: int | None = None  # a reverse proxy that is not declared looks like one private address
