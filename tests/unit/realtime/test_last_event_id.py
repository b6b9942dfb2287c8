"""What readers of server-sent events say of where they were."""

from __future__ import annotations

import pytest

from realtime.last_event_id import LastEventId, read_last_event_id
from realtime.offsets import Offset


@pytest.mark.parametrize(
    ("header", "read"),
    [
        (None, LastEventId(given=False, place=None)),
        ("", LastEventId(given=False, place=None)),
        ("01m7ym8ybqd3vf6nh4wemfpmqp-12", LastEventId(given=True, place=Offset("01m7ym8ybqd3vf6nh4wemfpmqp", 12))),
        ("epoch-0", LastEventId(given=True, place=Offset("epoch", 0))),
        ("epoch-012", LastEventId(given=True, place=None)),
        ("12", LastEventId(given=True, place=None)),
        ("e" * 41 + "-1", LastEventId(given=True, place=None)),
        ("epoch-" + "1" * 100_000, LastEventId(given=True, place=None)),
    ],
)
def test_it_is_read(header: str | None, read: LastEventId) -> None:
    assert read_last_event_id(header) == read
