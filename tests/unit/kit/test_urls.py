"""Which web addresses are taken from people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.urls import is_web_address


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/art.jpg", "http://localhost:8000/a?b=c&d=%20#e", "https://sub.example.org.:443",
        "https://[2001:db8::1]:8443/x", "https://192.0.2.7/a'b(c)", "https://münchen.example/grüße.png", "http://a",
    ],
)  # fmt: skip
def test_good_ones(text: str) -> None:
    assert is_web_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "example.org/a.jpg", "ftp://example.org/a", "javascript:alert(1)", "data:image/png;base64,aa", "HTTPS//x",
        "https://", "https:///a", "https://user:secret@example.org/", "https://user@example.org/", "https://@example.org",
        "https://example.org/a\r\nSet-Cookie: x=1", "https://example.org/\n", " https://example.org/", "https://a b/",
        "https://example.org\\@evil.example/", "https://example.org:port/", "https://example.org:0/", "https://[::1/",
        "https://example.org:99999/", "https://example.org/\x1b[31m", "https://example.org/\u202egpj.exe",
        "https://example.org/\u200b", "https://example.org/<script>", 'https://example.org/"onload=', "https://-/",
        "https://exa mple.org", "https://a..b/", "https://example.org/\u2028", "https://ex\u00adample.org/", "https://.org",
    ],
    ids=ascii,
)  # fmt: skip
def test_bad_ones(text: str) -> None:
    assert not is_web_address(text)


@given(
    st.text(max_size=40), st.sampled_from(["", "http://", "https://", "https://example.org/", "https://example.org:"])
)
def test_any_text_has_an_answer(text: str, start: str) -> None:
    if is_web_address(start + text):
        assert not {"\r", "\n", "\x1b", " ", "\\"} & set(text)
