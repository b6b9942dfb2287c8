"""Moments, and what of a client's input is refused with which words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.contracts import SendMessage
from kit.contracts import Instant, Name, Payload, convert, decode, encode_event, encode_rest
from kit.errors import InvalidPayload
from streaming.contracts import CreateChannel, StartStream

LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z, the last moment that RFC 3339 can write


class Appointment(Payload, frozen=True, kw_only=True):
    at: Instant


moments = st.integers(0, LAST_MS)


@given(moments)
def test_a_moment_survives_both_forms(ms: int) -> None:
    instant = Instant(ms)
    assert Instant.parse(instant.rfc3339()) == instant
    assert Instant.parse(instant.ms) == instant
    for encode in (encode_event, encode_rest):
        assert decode(encode(Appointment(at=instant)), Appointment).at == instant


@given(moments, moments)
def test_moments_are_ordered_in_both_forms(a: int, b: int) -> None:
    assert (Instant(a) < Instant(b)) == (a < b) == (Instant(a).rfc3339() < Instant(b).rfc3339())
    assert len({Instant(a), Instant(b)}) == len({a, b})


def test_events_carry_milliseconds_and_rest_rfc_3339() -> None:
    appointment = Appointment(at=Instant(1_795_000_000_001))
    assert encode_event(appointment) == b'{"at":1795000000001}'
    assert encode_rest(appointment) == b'{"at":"2026-11-18T11:06:40.001Z"}'


@given(
    st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9998, 1, 1)),  # noqa: DTZ001 - the zone is drawn
    st.integers(-23 * 60, 23 * 60),
)
def test_a_zone_is_taken_into_account(naive: datetime, minutes: int) -> None:
    local = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    expected = (local - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert Instant.parse(local.isoformat()).ms == expected


@pytest.mark.parametrize(
    "bad",
    [True, None, 1.5, -1, 2**48, LAST_MS + 1, "", "yesterday", "2026-11-21T18:30:00", "1795000000000", "2026-11-21",
     "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-12:00", [], {}],
)  # fmt: skip
def test_what_is_no_moment_is_refused_with_its_path(bad: Any) -> None:
    with pytest.raises(InvalidPayload, match=r"^At"):
        convert({"at": bad}, Appointment)
    with pytest.raises(InvalidPayload, match=r"^At"):
        decode(json.dumps({"at": bad}), Appointment)


@given(st.text() | st.integers() | st.floats(allow_nan=False))
def test_whatever_is_accepted_as_a_moment_can_be_shown_again(value: Any) -> None:
    try:
        read = convert({"at": value}, Appointment)
    except InvalidPayload:
        return
    assert decode(encode_rest(read), Appointment) == read


GOOD: dict[str, Any] = {"channelId": "c1", "showTitle": "S", "hostName": "H", "showType": "live"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"surprise": 1}, "^Surprise"),
        ({"show_title": "snake case"}, "^Show title"),
        ({"showTitle": ""}, "^Show title"),
        ({"showTitle": "x" * 201}, "^Show title"),
        ({"showType": "Sports!"}, "^Show type"),
        ({"channelId": 7}, "^Channel id"),
        ({"channelId": "../x"}, "^Channel id"),
        ({"hostName": None}, "^Host name"),
    ],
)
def test_the_message_names_the_field(change: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidPayload, match=named):
        convert(GOOD | change, StartStream)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InvalidPayload, match=r"^Client id is missing"):
        convert({"channelId": "c", "text": "x"}, SendMessage)


@pytest.mark.parametrize("raw", ["", "{", "[]", "null", '{"at":', "\ud800", '{"at": "\\ud800"}', "[" * 100_000])
def test_what_is_no_json_of_this_shape_is_an_invalid_payload(raw: str) -> None:
    with pytest.raises(InvalidPayload):
        decode(raw, Appointment)


@pytest.mark.parametrize("slug", ["a", "A1", "-ab", "ab-", "a b", "ab\n", "a/b", "é1", "x" * 64])
def test_a_slug_is_good_for_an_address(slug: str) -> None:
    with pytest.raises(InvalidPayload, match=r"^Slug"):
        convert({"slug": slug, "name": "N"}, CreateChannel)


def test_an_absent_value_is_left_out_and_an_unknown_type_is_a_fault_of_ours() -> None:
    assert b"replyTo" not in encode_event(SendMessageLike(id="1"))
    with pytest.raises(NotImplementedError):
        encode_event(object())
    with pytest.raises(NotImplementedError):
        encode_rest(object())


class SendMessageLike(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    id: str
    reply_to: str | None = None


def started(**fields: str) -> StartStream:
    return convert(
        {"channelId": "c1", "showTitle": "Late", "hostName": "Robin", "showType": "sports", **fields}, StartStream
    )


def test_names_are_tidied_however_they_come() -> None:
    show = started(showTitle=" Late\r\nNight \u202egnol\u202c\x1b[31m ", hostName="Zoe\u0308 👩‍🚀")
    assert (show.show_title, show.host_name) == ("Late Night gnol[31m", "Zoë 👩‍🚀")
    raw = b'{"slug":"a1","name":" A\\u2028B ","description":"one\\r\\ntwo\\u0000"}'
    channel = decode(raw, CreateChannel)
    assert (channel.name, channel.description) == ("A B", "one\ntwo")
    assert CreateChannel(slug="a1", name="A\nB").name == "A B"


@pytest.mark.parametrize("name", [" ", "\n", "\u3164", "\u200b\u200e", "\u2800"], ids=ascii)
def test_a_name_with_nothing_to_see_in_it_is_refused(name: str) -> None:
    with pytest.raises(InvalidPayload, match="Host name needs something that can be seen"):
        started(hostName=name)
    with pytest.raises(InvalidPayload, match="Name needs something that can be seen"):
        decode(json.dumps({"slug": "a1", "name": name}), CreateChannel)


def test_a_name_that_grows_when_it_is_composed_stays_within_its_bound() -> None:
    assert len(started(hostName="\u0958" * 100).host_name) == 200
    with pytest.raises(InvalidPayload, match="Host name has 200 characters at most"):
        started(hostName="\u0958" * 101)


class Ballot(Payload, frozen=True, kw_only=True):
    options: Annotated[list[Name], msgspec.Meta(max_length=3)] | None = None


def test_names_in_a_list_are_tidied_too() -> None:
    assert convert({"options": [" a ", "b\n"]}, Ballot).options == ["a", "b"]
    assert convert({}, Ballot).options is None
    with pytest.raises(InvalidPayload, match=r"^Options needs"):
        convert({"options": ["a", "\u200b"]}, Ballot)
