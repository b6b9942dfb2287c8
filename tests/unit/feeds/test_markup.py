"""Texts out of web pages, whatever the pages are made of."""

from __future__ import annotations

import codecs

import pytest

from feeds.markup import (
    MAX_ATTRIBUTES,
    MAX_SIBLINGS,
    MAX_TAGS,
    MAX_TEXT,
    compile_pattern,
    compile_selector,
    decode_page,
    parse_page,
)
from kit.errors import InvalidPayload

BOARD = """
<!doctype html><title>Reds v Blues</title>
<script>document.write('<b class=score>9</b>')</script>
<table id=t><tr><th>Reds<td class=score> 2 <style>td{}</style><td>1</tr>
<tr><th>Blues<td class=score><b>1</b><td>0</table>
<p class=state>2nd   half&nbsp;&amp; 67'</p>
"""


def read(page: str, selector: str) -> list[str]:
    return parse_page(page, [compile_selector(selector, "home")])[selector]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        (".score", ["2", "1"]),
        ("#t > tbody > tr:nth-child(2) > td.score", ["1"]),  # as a browser's tools copy it
        ("#t tbody td + td", ["1", "0"]),
        (".state", ["2nd half & 67'"]),
        ("th:contains(Blues) ~ .score", ["1"]),
        (".none", []),
    ],
)
def test_selectors_find_texts_and_no_scripts(selector: str, found: list[str]) -> None:
    assert read(BOARD, selector) == found


def test_a_table_with_a_body_of_its_own_is_read_as_it_is() -> None:
    page = "<table><thead><tr><td>a</td></tr></thead><tbody><tr><td>b</td></tr></tbody></table>"
    assert read(page, "table > tbody > tr > td") == ["b"]


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<div>" * 10_000, "nested too deeply"),
        ("<b><i>" * 9_000 + "</b>" * 9_000, "nested too deeply"),
        ("<svg>" * 10_000, "nested too deeply"),
        ("<p>x</p>" * (2 * MAX_TAGS), "tags"),
        ("<" * (5 * MAX_TAGS), "tags"),
        ("<table><tr>" + "<td>1" * (MAX_SIBLINGS + 1), "elements directly in one"),
        ("<div " + " ".join(f"a{number}" for number in range(MAX_ATTRIBUTES + 1)) + ">", "attributes"),
        ('<!-- <a x=" --><b ' + " ".join(f"a{number}" for number in range(50_000)) + '>"', "attributes"),
        ("<script><a x=' </script><b " + " ".join(f"a{number}" for number in range(50_000)) + ">'", "attributes"),
        ('<a ="><b k=">" ' + " ".join(f"a{number}" for number in range(50_000)) + ' k=">">', "attributes"),
        ("", "empty"),
        ("<!--" * 10_000, "empty"),
    ],
)
def test_hostile_pages_are_refused_in_words(page: str, words: str) -> None:
    with pytest.raises(InvalidPayload, match=words):
        read(page, "td:nth-child(2)")


def test_nested_elements_do_not_multiply() -> None:
    page = "<div>" * 200 + "<p>" + ("<b>" + "<i>1</i>" * 900 + "</b>") * 20
    assert len(read(page, "div div div div div b i")) == 18_000
    assert len(read(page, "* * * * * *")) == 18_000 + 20 + 1 + 200 - 3
    assert len(read(page, "b ~ b ~ b > i ~ i")) == 18 * 899
    assert len(read(page, "b + b + b > i + i + i:not(.x)")) == 18 * 898


@pytest.mark.parametrize("page", ["\0<p>1</p>\0", "<p>1", "<p>1</b></p></i>" * 5, "<p>1</p><script>", "<p>1</p><!--"])
def test_damaged_pages_are_read_as_far_as_they_go(page: str) -> None:
    assert set(read(page, "p")) == {"1"}


def test_a_long_text_is_cut_where_it_can_be_told_that_it_is() -> None:
    assert [len(text) for text in read(f"<p>{'x' * 100_000}</p>", "p")] == [MAX_TEXT + 1]


@pytest.mark.parametrize(
    "selector",
    [
        "a[",
        "p::before",
        "x|y",
        "a, b",
        "div:has(a)",
        ":not(a b)",
        ":is(a > b)",
        "",
        "a" * 400,
        " ".join("a" * 30),
        ":nth-child(x)",
        "(" * 200,
        "\0",
    ],
)
def test_what_is_no_selector_is_refused_with_its_name(selector: str) -> None:
    if selector == "\0":  # a name that no element has
        assert read(BOARD, selector) == []
        return
    with pytest.raises(InvalidPayload, match="home: "):
        compile_selector(selector, "home")


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("Köln".encode(), "text/html", "Köln"),
        ("Köln".encode("latin-1"), "text/html; charset=ISO-8859-1", "Köln"),
        ("Köln".encode("latin-1"), 'text/html;charset="latin1"', "Köln"),
        (b"\x80", "text/html; charset=iso-8859-1", "€"),  # which is windows-1252 to all browsers
        ("<meta charset=windows-1251>Зенит".encode("cp1251"), "", "<meta charset=windows-1251>Зенит"),
        (codecs.BOM_UTF16_LE + "上海".encode("utf-16-le"), "text/html; charset=utf-8", "上海"),
        (codecs.BOM_UTF8 + b"a", "text/html; charset=koi8-r", "a"),
        (b"<meta charset=utf-16>a", "", "<meta charset=utf-16>a"),
        ("Köln".encode("latin-1"), "text/html; charset=utf-8", "K�ln"),  # the wrong one: replaced, not refused
        (b"a", "text/html; charset=zlib", "a"),
        (b"a", "text/html; charset=unicode_escape", "a"),
        (b"a", "text/html; charset=no-such", "a"),
    ],
)
def test_encodings(body: bytes, content_type: str, text: str) -> None:
    assert decode_page(body, content_type) == text


def test_what_is_said_to_be_no_page_is_none() -> None:
    with pytest.raises(InvalidPayload, match="application/json"):
        decode_page(b"{}", "application/json; charset=utf-8")


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^(\d+)", "2 - 1", "2"),
        (r"(\d+)$", "2 - 1", "1"),
        (r"[\]a-f]{1,3}x?", "zzabcz", "abc"),
        ("HT|FT", "now HT", "HT"),
    ],
)
def test_patterns(pattern: str, text: str, found: str) -> None:
    match = compile_pattern(pattern, "p").search(text)
    assert match is not None
    assert match[match.re.groups] == found


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$", "(a|a)*", "(?:a?){50}", "a*a*a*a*", "a**", "a++", "(?=a)", "(?<!a)", r"(a)\1", "(?P<n>a)", "(?i)a",
        "[", "(", "a{2,1}", "x" * 101, "a?b?c?d?e?", "*a", "(?#x)", "\\",
    ],
)  # fmt: skip
def test_patterns_of_unbounded_cost_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidPayload, match="homePattern"):
        compile_pattern(pattern, "homePattern")
