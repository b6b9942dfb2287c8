"""What a message may consist of."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.text import MAX_CHARACTERS, MAX_LINES, clean
from kit.errors import InvalidPayload

# Everything that makes trouble, more often than chance would bring it.
troublesome = st.sampled_from(
    "ae \n\r\t\0\x1b\x7f\x85\u00a0\u0301\u0323\u0308\u20e3\ufe0f\u200d\u200b\u2066\u2069\u202a\u202e\u2028\u3000"
    "👩👧🏽🇩🇪éক\u09c7\u09be\u1100\u1161\u11a8\u0958\uffff\ue000"
)
texts = st.text(st.characters(exclude_categories=["Cs"]) | troublesome, max_size=80)


def cleaned(text: str) -> str | None:
    try:
        return clean(text)
    except InvalidPayload:
        return None


@given(texts)
def test_what_is_stored_has_the_promised_form(text: str) -> None:
    stored = cleaned(text)
    if stored is None:
        return
    assert 0 < len(stored) <= MAX_CHARACTERS
    assert stored == stored.strip()
    assert unicodedata.is_normalized("NFC", stored)
    assert not [c for c in stored if unicodedata.category(c) in {"Cc", "Cs", "Co"} and c != "\n"]
    assert not [c for c in stored if ord(c) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(c) <= 0xFDEF]
    assert stored.count("\n") < MAX_LINES
    assert not set(stored) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert clean(stored) == stored


@given(texts)
def test_marks_never_tower(text: str) -> None:
    stored = cleaned("x" + text) or ""
    run = 0
    for character in stored:
        category = unicodedata.category(character)
        run = run + 1 if category in {"Mn", "Me"} else (run if category == "Cf" else 0)
        assert run <= 8


@pytest.mark.parametrize(
    "text",
    ["👩‍👩‍👧‍👦", "👍🏽", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇩🇪", "1️⃣", "❤️‍🔥", "👁️‍🗨️", "क्षत्रिय", "می‌خواهم", "שָׁלוֹם", "Tiếng Việt", "한국어", "a\nb",
     "<b>not markup</b> & \"quotes\"", "x" * 500, "\U0001fae9 newer than Unicode 14", "\U0001fadf\U0001f3fd",
     "\n".join(f"{n} Player" for n in range(1, 12)), "one\n\ntwo"],
)  # fmt: skip
def test_real_writing_survives(text: str) -> None:
    assert clean(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("  hello \n", "hello"),
        ("a\r\nb", "a\nb"),
        ("bell\x07 and \x1b[31mred", "bell and [31mred"),
        ("evil \u202egnp.exe", "evil gnp.exe"),
        ("e\u202e\u0301", "é"),
        ("e\u0301", "é"),
        ("null\0", "null"),
        ("Z" + "\u0301" * 100 + "!", "Ź" + "\u0301" * 8 + "!"),
        ("Z" + "\u0301\u200d" * 100, "Ź" + "\u200d" + "\u0301\u200d" * 8 + "\u200d" * 91),
    ],
)
def test_what_is_left_of_it(text: str, stored: str) -> None:
    assert clean(text) == stored


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t ", "\u00a0\u3000\u2003", "\u200b\u200d\ufeff", "\u2028\u2029", "\0\x01", "\u202e\u202c", "\ue000",
     "\ufe0f", "\u3164", "\u2800", "\u115f\u1160", "\uffa0 "],
    ids=ascii,
)  # fmt: skip
def test_with_nothing_to_see_in_it_it_is_refused(text: str) -> None:
    with pytest.raises(InvalidPayload, match="Write something"):
        clean(text)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\ude00\ud83d"], ids=ascii)
def test_half_a_character_is_refused(text: str) -> None:
    with pytest.raises(InvalidPayload, match="Unicode"):
        clean(text)


def test_too_long_is_refused_by_what_would_be_stored() -> None:
    with pytest.raises(InvalidPayload, match="500"):
        clean("x" * 501)
    with pytest.raises(InvalidPayload, match="500"):
        clean("\u0958" * 251)  # two characters each in NFC
    assert len(clean(" " * 300 + "x" * 500 + "\0" * 300)) == 500


@pytest.mark.parametrize(
    "text",
    ["a" + "\n" * 498 + "b", "\n".join("a" * 250), "\r\n".join("ab" * 80), "a\u2028" * 200, "a" + "\n \n" * 100 + "b",
     "\n\n".join("a" * 120), "\v".join("a" * 100), "a" + "\n\u3000" * 200 + "b"],
    ids=ascii,
)  # fmt: skip
def test_a_message_is_no_tower_of_lines(text: str) -> None:
    stored = clean(text)
    assert stored.count("\n") < MAX_LINES
    assert "\n\n\n" not in stored
    assert stored.split() == text.split()  # nothing that was written is lost
