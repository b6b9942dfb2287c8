"""What a text that people enter may consist of."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.text import one_line, several_lines, visible

ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Everything that makes trouble, more often than chance would bring it.
troublesome = st.sampled_from(
    "ae \n\r\t\v\f\0\x1b\x1c\x7f\x85\x9b\u00a0\u00ad\u0301\u0323\u0308\u20e3\ufe0f\u200c\u200d\u200b\u200e\u2066\u2069"
    "\u202a\u202e\u2028\u2029\u3000\ufeff\ufff9\ufffe\U0002fffe\ue000\ud800\U000e0067\U000e007f\U000e0001\U0001d15e"
    "👩👧🏽🇩🇪🏴éক\u09c7\u09be\u1100\u1161\u11a8\u0958\U0001fa8a\U0001faea"
)
texts = st.text(st.characters() | troublesome, max_size=60)


def is_noncharacter(character: str) -> bool:
    return "\ufdd0" <= character <= "\ufdef" or ord(character) & 0xFFFE == 0xFFFE


@given(texts)
def test_a_line_has_the_promised_form(text: str) -> None:
    line = one_line(text)
    assert line == " ".join(line.split())
    assert unicodedata.is_normalized("NFC", line)
    assert not [c for c in line if unicodedata.category(c) in {"Cc", "Cs", "Co", "Zl", "Zp"} or is_noncharacter(c)]
    assert not set(line) & BIDI
    line.encode()
    assert one_line(line) == line


@given(texts)
def test_several_lines_have_the_promised_form(text: str) -> None:
    kept = several_lines(text)
    assert kept == kept.strip()
    assert unicodedata.is_normalized("NFC", kept)
    assert not [c for c in kept.replace("\n", "") if unicodedata.category(c) in {"Cs", "Co", "Zl", "Zp"}]
    assert not [c for c in kept if unicodedata.category(c) == "Cc" and c != "\n"]
    assert several_lines(kept) == kept
    assert one_line(kept) == one_line(text)


@given(texts)
def test_marks_never_tower(text: str) -> None:
    run = 0
    for character in one_line("x" + text):
        category = unicodedata.category(character)
        run = run + 1 if category in {"Mn", "Me"} else (run if category == "Cf" else 0)
        assert run <= 8


@given(texts, st.integers(1, 20))
def test_a_line_is_cut_between_characters_as_people_see_them(text: str, at_most: int) -> None:
    whole, line = one_line(text), one_line(text, at_most=at_most)
    assert len(line) <= at_most
    assert whole.startswith(line)
    if visible(whole):
        assert line or len(whole) > at_most


@pytest.mark.parametrize(
    "text",
    ["👩‍👩‍👧‍👦", "👍🏽", ENGLAND, ENGLAND + " v " + ENGLAND, "🇩🇪", "1️⃣", "❤️‍🔥", "👁️‍🗨️", "क्षत्रिय", "می‌خواهم", "שָׁלוֹם",
     "\u0647\u200d", "Tiếng Việt", "한국어", "O'Brien & <b>Søn</b> \"quoted\"", "Ω≈ç√∫", "\U0001faea new",
     "\U0001fa8a\U0001f6d8",
     "\U000323b0", "葛\U000e0100城", "山田 太郎", "محمد\u200f (5)"],
    ids=ascii,
)  # fmt: skip
def test_real_writing_survives(text: str) -> None:
    assert one_line(text) == several_lines(text) == unicodedata.normalize("NFC", text)
    assert visible(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Robin \n", "Robin"),
        ("Robin\r\nVale", "Robin Vale"),
        ("Robin\u2028Vale\u2029\x85\v\f\x1d!", "Robin Vale !"),
        ("a \u00a0\t\u3000 b", "a b"),
        ("bell\x07 and \x1b[31mred\x9b0m", "bell and [31mred0m"),
        ("evil \u202egnp.exe", "evil gnp.exe"),
        ("\u2067nimda\u2069", "nimda"),
        ("e\u202e\u0301", "é"),
        ("null\0", "null"),
        ("\ufeffBOM\ufffe\U0001ffff\ufdd0", "BOM"),
        ("soft\u00adly\u200b\u2060", "softly"),
        ("half\ud83d", "half"),
        ("hidden\U000e0061\U000e0062\U000e007f", "hidden"),
        ("🏴\U000e0067\U000e0062", "🏴"),
        ("🏴" + "\U000e0067" * 31 + "\U000e007f", "🏴"),
        ("\U0001d15e\U000e0067\U000e007f", "\U0001d157\U0001d165"),
        ("Z" + "\u0301" * 100 + "!", "Ź" + "\u0301" * 8 + "!"),
    ],
    ids=ascii,
)
def test_what_is_left_of_a_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_several_lines_keep_their_breaks() -> None:
    assert several_lines(" a\r\nb\u2028c\x85\n\x1bd\te\n") == "a\nb\nc\n\nd e"


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\t ", "\u00a0\u3000\u2003", "\u200b\u200d\ufeff", "\u2028\u2029", "\0\x01", "\u202e\u202c", "\ue000",
     "\u034f", "\ufe0f", "\u3164", "\u2800", "\u115f\u1160", "\uffa0 ", "\u200e\u200f\u061c", "\U000e0061\U000e007f",
     "\U0001d159",
     "\u0301", "\u180e", "\u17b4", "\ufdd0", "\uffff", "\U000e01f0", "\u2065"],
    ids=ascii,
)  # fmt: skip
def test_with_nothing_to_see_in_it(text: str) -> None:
    assert not visible(one_line(text))
    assert not visible(several_lines(text))


@pytest.mark.parametrize(
    ("text", "at_most", "line"),
    [("abc def", 4, "abc"), ("ab👍🏽", 3, "ab"), ("ab" + ENGLAND, 5, "ab"),
     ("a👩‍👩‍👧", 3, "a"), ("x" + "\u200d" * 9, 4, "x" + "\u200d" * 3)],
    ids=ascii,
)  # fmt: skip
def test_where_it_is_cut(text: str, at_most: int, line: str) -> None:
    assert one_line(text, at_most=at_most) == line
