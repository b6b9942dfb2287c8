"""What a source says it plays, from its fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.titles import MAX_TITLE, SourceTitle, decode_title, read_title


@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        ("Café", "", "Café"),
        (b"Caf\xe9", "", "Café"),
        (b"Caf\xe9", "ISO-8859-1", "Café"),
        (b"\x93Hello\x94 \x96 it\x92s 5 \x80", "ISO-8859-1", "“Hello” \u2013 it\u2019s 5 €"),
        (b"\x93Hello\x94", "latin1", "“Hello”"),
        (b"\x93Hello\x94", "", "“Hello”"),
        (b"\x93Hello\x94", "UTF-8", "“Hello”"),
        (b"\x93Hello\x94", "us-ascii", "“Hello”"),
        ("“Hello” \u2013 5 €", "ISO-8859-1", "“Hello” \u2013 5 €"),
        (b"a\x81\x8d\x8f\x90\x9db", "", "ab"),
        (b"\xe0\xe1", "koi8-r", "ЮА"),
        ("Jóga 👩‍👩‍👧".encode(), "utf8", "Jóga 👩‍👩‍👧"),
        (b"Caf\xe9", "no-such-charset", "Café"),
        (b"Caf\xe9", "\0", "Café"),
        (b"Caf\xe9", "x" * 9000, "Café"),
        (b"a\\u0041", "unicode_escape", "a\\u0041"),
        (b"xn--abc", "punycode", "xn--abc"),
        (b"6162", "hex", "6162"),
    ],
)
def test_text_of_any_charset(raw: bytes | str, charset: str, text: str) -> None:
    assert decode_title(raw.encode() if isinstance(raw, str) else raw, charset) == text


def test_a_field_that_was_not_sent() -> None:
    assert decode_title(None, "utf-8") is None


@given(st.binary(max_size=200), st.text(max_size=20))
def test_no_bytes_and_no_charset_are_an_error(raw: bytes, charset: str) -> None:
    text = decode_title(raw, charset)
    title = read_title(song=text, artist=None, title=None)
    assert title is None or (0 < len(title.track) <= MAX_TITLE and title.track == title.track.strip())


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"song": "Björk - Jóga"}, SourceTitle("Björk", "Jóga")),
        ({"song": "AC-DC - T.N.T. - live"}, SourceTitle("AC-DC", "T.N.T. - live")),
        ({"song": "Jóga"}, SourceTitle(None, "Jóga")),
        ({"song": " - Jóga"}, SourceTitle(None, "Jóga")),
        ({"song": "Björk - "}, SourceTitle(None, "Björk")),
        ({"artist": "Björk", "title": "Jóga"}, SourceTitle("Björk", "Jóga")),
        ({"artist": "", "title": "Jóga"}, SourceTitle(None, "Jóga")),
        ({"title": "", "song": "Björk - Jóga"}, SourceTitle("Björk", "Jóga")),
        ({"song": "Wales 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f می‌خواهم"},
         SourceTitle(None, "Wales 🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f می‌خواهم")),
        ({"song": "👩‍👩‍👧 - 🫩"}, SourceTitle("👩‍👩‍👧", "🫩")),
        ({"song": "Just a\r\ntitle\x07"}, SourceTitle(None, "Just a title")),
        ({"song": "evil \u202egnp.exe"}, SourceTitle(None, "evil gnp.exe")),
        ({}, None),
        ({"song": ""}, None),
        ({"song": "   "}, None),
        ({"song": " - "}, None),
        ({"song": "-"}, None),
        ({"song": "\u200b\u200d"}, None),
        ({"title": ""}, None),
        ({"title": " \u3164 "}, None),
        ({"artist": "Björk"}, None),
        ({"artist": "Björk", "title": ""}, None),
    ],
)  # fmt: skip
def test_what_an_update_names(fields: dict[str, str], found: SourceTitle | None) -> None:
    assert read_title(**{"song": None, "artist": None, "title": None, **fields}) == found
