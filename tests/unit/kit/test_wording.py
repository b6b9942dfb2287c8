"""What is wrong with an input is said in words that people know."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.contracts import Instant, Payload, convert, decode
from kit.errors import InvalidPayload
from kit.wording import sentence

INTERNAL = re.compile(r"[`$_{}\[\]]|\.\w|[a-z]:[a-z]|[a-z][A-Z]")


class Player(Payload):
    """A part of an input."""

    shirt_number: Annotated[int, msgspec.Meta(ge=0, le=99)]
    name: str = ""


class Input(Payload):
    """An input with each kind of bound."""

    show_title: Annotated[str, msgspec.Meta(min_length=2, max_length=5)]
    slug: Annotated[str, msgspec.Meta(pattern="^[a-z]+$")] = "a"
    players: Annotated[list[Player], msgspec.Meta(max_length=2)] = msgspec.field(default_factory=list)
    show_type: Literal["music", "talk"] = "music"
    at: Instant | None = None
    share: float = 0.0
    on: bool = False


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "Show title is missing."),
        ({"showTitle": "a"}, "Show title must have at least 2 characters."),
        ({"showTitle": "a" * 6}, "Show title must have at most 5 characters."),
        ({"showTitle": 4}, "Show title must be text."),
        ({"showTitle": None}, "Show title must not be empty."),
        ({"showTitle": "abc", "surprise": 1}, "Surprise is not known here."),
        ({"showTitle": "abc", "slug": "A"}, "Slug does not have the form that it needs."),
        ({"showTitle": "abc", "players": [{"shirtNumber": 1}] * 3}, "Players must have at most 2 entries."),
        (
            {"showTitle": "abc", "players": [{"shirtNumber": 1}, {"shirtNumber": 100}]},
            "Shirt number (players, entry 2) must be at most 99.",
        ),
        ({"showTitle": "abc", "players": [{}]}, "Shirt number (players, entry 1) is missing."),
        ({"showTitle": "abc", "showType": "x"}, "Show type is not one of the values that are possible."),
        ({"showTitle": "abc", "at": "noon"}, "At must be a time."),
        ({"showTitle": "abc", "at": "2026-11-21T18:30:00"}, "At: A time needs its zone, as in 2026-11-21T18:30:00Z."),
        ({"showTitle": "abc", "on": "x"}, "On must be yes or no."),
        ([], "The input must be a group of fields."),
    ],
)  # fmt: skip
def test_each_kind_of_fault_is_a_sentence(value: Any, said: str) -> None:
    with pytest.raises(InvalidPayload) as caught:
        convert(value, Input)
    assert caught.value.message == said


def test_what_is_no_json_is_said_to_be_none() -> None:
    for raw in (b"{", b"", b"{'a': 1}", b'{"a": \xff}'):
        with pytest.raises(InvalidPayload) as caught:
            decode(raw, Input)
        assert INTERNAL.search(caught.value.message) is None, raw


json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(["showTitle", "slug", "players", "showType", "share", "on", "other_one"]), json, max_size=5
    )
)
def test_no_name_of_ours_is_in_any_of_them(value: dict[str, Any]) -> None:
    said = "Fine."
    try:
        convert(value, Input)
    except InvalidPayload as error:
        said = error.message
    assert INTERNAL.search(said) is None, said
    assert said.endswith(".")
    assert said[0].isupper()


@given(st.text(max_size=60))
def test_a_message_that_nobody_knew_is_a_sentence_too(message: str) -> None:
    said = sentence(message)
    assert said.endswith(".")
    assert "`" not in said
    assert "$" not in said
