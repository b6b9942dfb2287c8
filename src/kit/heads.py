"""The bounds of a request's head, for every door that reads one (HTTP, WebSocket, source port)."""

from __future__ import annotations

MAX_HEAD_BYTES = 64 * 1024
"""Of a whole head. Browsers with their cookies send under 8 KiB; other servers allow 8 to 64 KiB."""
MAX_FIELDS = 100
"""Header fields, or trailer fields, of one request; real ones have 30 at most behind two proxies."""


def has_too_many_fields(head: bytes | bytearray, start: int = 0, end: int | None = None) -> bool:
    """Whether a whole head, request line and empty line included, has more fields than are taken.

    Lines are counted, so that a field which goes on in a second line counts twice.

    Args:
        head: Bytes that hold it.
        start: Where it begins.
        end: Where it ends; None for the end of the bytes.
    """
    return head.count(b"\n", start, len(head) if end is None else end) > MAX_FIELDS + 2
