"""Web addresses that people enter, and pages follow or fetch. Pure; payloads are checked by it (`kit.contracts`)."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

_HOST = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)*[^\W_](?:[\w-]*[^\W_])?\.?")
_NEVER = frozenset('<>"`{}|\\^')  # never in an address (RFC 3986, 2.); browsers take a backslash for a slash


def is_web_address(text: str) -> bool:
    """Whether it is an absolute http or https address with a host, without credentials, blanks or unseen characters."""
    if any(one in _NEVER or unicodedata.category(one)[0] in "CZ" for one in text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # a port that is no number, an address of IPv6 that is none
        return False
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or port == 0:
        return False
    host = parts.hostname or ""
    return ":" in host or (len(host) <= 253 and _HOST.fullmatch(host) is not None)
