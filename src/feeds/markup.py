"""Reads texts out of web pages by CSS selectors. Pages are hostile until proven otherwise: every cost has a bound.

Providers that read pages call it; it asks nobody anything and runs nothing of a page. The parser is lxml's, which
gives up on pages that are nested too deeply by itself; what else could make it slow is looked for before it is called.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cssselect
from cssselect import HTMLTranslator, SelectorError
from cssselect.parser import CombinedSelector, Relation
from lxml import etree

from kit.errors import InvalidPayload
from kit.text import one_line

MAX_SELECTOR = 300
"""Characters of a selector; one that a browser copies for a deep element has some 150."""

MAX_PARTS = 12
"""Elements that one selector names: each is one more walk through the page."""

MAX_TAGS = 20_000
"""Tags of a page; the largest pages of results have some 10,000."""

MAX_ATTRIBUTES = 100
"""Attributes of one tag: the parser compares each with those before it."""

MAX_SIBLINGS = 1_000
"""Elements directly in one: `:nth-child` counts them for each."""

MAX_TEXT = 80
"""Characters of a text that is looked for; with it the cost of a pattern is bounded."""

MAX_FOUND = 50
"""Elements of one selector whose text is read; of more it is only told that they are there."""

MAX_PATTERN, MAX_REPEATS, MAX_CHOICES = 100, 3, 4
"""Characters of a pattern, its `*`, `+` and `{}`, and its `?` and `|`: at most some ten million steps on `MAX_TEXT`."""

_CHARSETS = {
    "utf-8": "utf-8-sig", "ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030",
    "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-9": "cp1254", "tis-620": "cp874",
    **{name: name for name in (
        "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5", "euc_jp", "cp932", "cp949", "cp874", "koi8-r", "koi8-u",
        "mac-roman", *(f"cp125{one}" for one in range(9)),
        *(f"iso8859-{one}" for one in (*range(2, 9), *range(10, 17))),
    )},
}  # fmt: skip
"""Encodings that pages may have (WHATWG Encoding), by Python's name, and what such pages are read as.

Python has more, some of which unpack or run what they are given.
"""

_META = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_:-]{1,40})", re.IGNORECASE)
_HEADER = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_:-]{1,40})", re.IGNORECASE)
_ONE = r"[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+"
_ATTRIBUTE = re.compile(_ONE)
_MARKUP = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"  # what is in a comment or in raw text is no tag
    rf"|<(?P<raw>script|style|textarea|title|xmp|iframe|noembed|noframes)(?P<said>[\s/](?:[\s/]++|{_ONE})*+)?>"
    r".*?(?=</(?P=raw)|\Z)"
    rf"|</?[a-z][^\s/>]*+(?P<more>(?:[\s/]++|{_ONE})*+)>?",
    re.IGNORECASE | re.DOTALL,
)
"""Comments and tags as HTML 13.2.5 splits a page into them."""

_TBODY = re.compile(r"(\s*>\s*|\s+)tbody(\s*>\s*|\s+)", re.IGNORECASE)


def decode_page(body: bytes, content_type: str) -> str:
    """A page's text: in the encoding of its byte order mark, its header or its first 1,024 bytes, else UTF-8.

    What is not of that encoding is replaced, as browsers do.

    Raises:
        InvalidPayload: It is said to be no HTML.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ("", "text/html", "application/xhtml+xml", "text/plain"):
        raise InvalidPayload(f"The answer is no web page but {kind[:60]}.")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", errors="replace")
    if body.startswith(codecs.BOM_UTF8):
        return body.decode("utf-8-sig", errors="replace")
    said = _HEADER.search(content_type)
    meta = _META.search(body[:1024])
    label = said[1] if said is not None else meta[1].decode() if meta is not None else ""
    # A page that names UTF-16 in its own ASCII letters is not in it.
    name = _charset(label)
    return body.decode("utf-8-sig" if said is None and name.startswith("utf-16") else name, errors="replace")


def _charset(label: str) -> str:
    try:
        return _CHARSETS.get(codecs.lookup(label).name, "utf-8-sig") if label else "utf-8-sig"
    except LookupError:
        return "utf-8-sig"


@dataclass(frozen=True, slots=True)
class _Step:
    """One element that a selector names, as XPath, and how it stands to the one before it (` `, `>`, `+`, `~`)."""

    combinator: str
    path: str
    fits: Any


@dataclass(frozen=True, slots=True)
class Selector:
    """A CSS selector, as it was written, and its steps: first as they are, then without `tbody` where it names one."""

    text: str
    forms: tuple[tuple[_Step, ...], ...]


def compile_selector(text: str, name: str) -> Selector:
    """A selector that can be looked for.

    Args:
        text: One in CSS (Selectors 3, and `:is`, `:not` and `:contains()` of cssselect), without `:has`.
        name: What it is for, in the error's words.

    Raises:
        InvalidPayload: It is none, or one that would cost too much.
    """
    if len(text) > MAX_SELECTOR or len(re.split(r"[\s>+~,()]+", text)) > MAX_PARTS:
        raise InvalidPayload(f"{name}: the selector has at most {MAX_SELECTOR} characters and {MAX_PARTS} parts.")
    # Browsers put a `tbody` into every table and show it in their tools; pages need not have written one.
    forms = dict.fromkeys((text, _TBODY.sub(lambda found: " > " if found[0].count(">") == 2 else " ", text)))
    try:
        return Selector(text, tuple(tuple(_steps(form)) for form in forms))
    except (SelectorError, etree.XPathError, RecursionError) as error:
        raise InvalidPayload(f"{name}: {one_line(text, at_most=60)!r} is no CSS selector ({error}).") from None


def _steps(text: str) -> list[_Step]:
    """A selector's elements from left to right; raises `SelectorError` and `XPathError`."""
    found = cssselect.parse(text)
    if len(found) != 1 or found[0].pseudo_element is not None:
        raise SelectorError("one selector, without commas and pseudo-elements")
    tree, steps = found[0].parsed_tree, []
    while isinstance(tree, CombinedSelector):
        steps.append(_step(tree.subselector, tree.combinator))
        tree = tree.selector
    return [_step(tree, " "), *reversed(steps)]


def _step(tree: Any, combinator: str) -> _Step:  # noqa: ANN401 - cssselect's nodes have no common type
    inner: list[Any] = [tree]
    while inner:
        node = inner.pop()
        if isinstance(node, (CombinedSelector, Relation)):
            raise SelectorError("no :has, and no combinators within :is and :not")
        inner += [getattr(node, name) for name in ("selector", "subselector") if hasattr(node, name)]
        inner += getattr(node, "selector_list", [])
    path = str(HTMLTranslator().xpath(tree))
    fits = etree.XPath(f"self::{path}")
    fits(etree.Element("html"))
    return _Step(combinator, path, fits)


def parse_page(text: str, selectors: Iterable[Selector]) -> dict[str, list[str]]:
    """The texts of the elements that selectors find, in the page's order, by the selectors as they were written.

    White space is folded to single spaces; scripts and styles are no text.

    Args:
        text: The page.
        selectors: What is looked for.

    Raises:
        InvalidPayload: The page is none, or built so that reading it would cost too much.
    """
    _bounded(text)
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=False, no_network=True, remove_comments=True, remove_pis=True, recover=True
    )
    try:
        root = etree.fromstring(text.encode(errors="replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log):
        raise InvalidPayload("The page is nested too deeply to be read.")
    if root is None:
        raise InvalidPayload("The page is empty.")
    if any(len(element) > MAX_SIBLINGS for element in root.iter()):
        raise InvalidPayload(f"The page has more than {MAX_SIBLINGS} elements directly in one, too many to be read.")
    etree.strip_elements(root, "script", "style", "template", "noscript", with_tail=False)
    return {one.text: _texts(root, one) for one in selectors}


def _bounded(text: str) -> None:
    """Raise `InvalidPayload` where tags or attributes would make the parser slow."""
    if text.count("<") > 4 * MAX_TAGS:
        raise InvalidPayload(f"The page has more than {MAX_TAGS} tags, too many to be read.")
    for number, found in enumerate(_MARKUP.finditer(text)):
        if number >= 2 * MAX_TAGS:  # most have an end tag
            raise InvalidPayload(f"The page has more than {MAX_TAGS} tags, too many to be read.")
        attributes = found["said"] or found["more"] or ""
        if len(attributes) > 2 * MAX_ATTRIBUTES and len(_ATTRIBUTE.findall(attributes)) > MAX_ATTRIBUTES:
            raise InvalidPayload(f"A tag of the page has more than {MAX_ATTRIBUTES} attributes.")


def _texts(root: Any, selector: Selector) -> list[str]:  # noqa: ANN401 - lxml has no types
    elements = list(root.iter())
    for steps in selector.forms:
        found = _found(root, elements, steps)
        if found:
            # One more than may be is enough to tell that a text is too long.
            texts = [" ".join("".join(one.itertext()).split())[: MAX_TEXT + 1] for one in found[:MAX_FOUND]]
            return texts + [""] * (len(found) - len(texts))
    return []


def _found(root: Any, elements: list[Any], steps: tuple[_Step, ...]) -> list[Any]:  # noqa: ANN401 - lxml has no types
    """What a selector finds, in the page's order, by one walk through the page for each step.

    XPath alone would walk anew below each element of the step before, and a page decides how many those are.
    """
    found: list[Any] = root.xpath(f"descendant-or-self::{steps[0].path}")
    for step in steps[1:]:
        before, reached = set(found), set()
        for one in elements:
            near = one.getparent() if step.combinator in " >" else one.getprevious()
            if near is not None and (near in before or (step.combinator in " ~" and near in reached)):
                reached.add(one)
        found = [one for one in elements if one in reached and step.fits(one)]
    return found


_ATOM = re.compile(r"\\[dDwWsSbB]|\\[^A-Za-z0-9]|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\*+?{}()|\[\]]")
_REPEAT = re.compile(r"[*+]\??|\{[0-9]{1,2}(?:,[0-9]{0,2})?\}\??")


def compile_pattern(text: str, name: str) -> re.Pattern[str]:
    """A regular expression whose cost on `MAX_TEXT` characters is bounded: what repeats is one character, few times.

    Args:
        text: With groups, alternatives, classes and `?`; without look-around, back-references and repeated groups.
        name: What it is for, in the error's words.

    Raises:
        InvalidPayload: It is none, or one of unbounded cost.
    """
    at = repeats = choices = 0
    sound, before = len(text) <= MAX_PATTERN, ""
    while sound and at < len(text):
        if text.startswith("(?:", at):
            before, at = "", at + 3
        elif repeat := _REPEAT.match(text, at):
            sound, repeats, before, at = before == "atom", repeats + 1, "", repeat.end()
        elif text[at] in "?|":
            sound, choices = text[at] == "|" or before != "", choices + 1
            before, at = "", at + 1
        elif text[at] in "()":
            before, at = "group" if text[at] == ")" else "", at + 1
        elif atom := _ATOM.match(text, at):
            before, at = "atom", atom.end()
        else:
            sound = False
    if not sound or repeats > MAX_REPEATS or choices > MAX_CHOICES:
        raise InvalidPayload(
            f"{name}: a pattern has at most {MAX_PATTERN} characters, {MAX_REPEATS} repeats (*, +, {{}}), each of one "
            f"character or class, and {MAX_CHOICES} choices (?, |); look-around and back-references are not known."
        )
    try:
        return re.compile(text)
    except (re.error, OverflowError) as error:
        raise InvalidPayload(f"{name}: {text!r} is no regular expression ({error}).") from None
