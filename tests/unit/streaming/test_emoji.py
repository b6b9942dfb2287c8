"""Which texts are one emoji."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.emoji import is_emoji


@pytest.mark.parametrize(
    "emoji",
    [
        "👍",
        "👍🏽",
        "❤️",
        "❤️‍🔥",
        "👩‍👩‍👧‍👦",
        "🇩🇪",
        "1️⃣",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "⚽",
        "🏏",
        "🏀",
        "↔️",
        "‼️",
        "🫨",
        "👁️‍🗨️",
        "🤷🏾‍♀️",
        "\u2139\ufe0f",
    ],
)
def test_an_emoji_is_one(emoji: str) -> None:
    assert is_emoji(emoji)


@pytest.mark.parametrize(
    "text",
    ["", "a", "1", "👍👍", "👍a", "<b>", "\u200d", "\ufe0f", "🇩", "👍" + "\u0301" * 20, "👍\u200d", "👍\n", "é", "〱"],
)
def test_other_texts_are_none(text: str) -> None:
    assert not is_emoji(text)


@given(st.text())
def test_no_letter_is_ever_an_emoji(text: str) -> None:
    if any(character.isalpha() and character != "\u2139" for character in text):
        assert not is_emoji(text)
