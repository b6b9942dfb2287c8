"""Which texts are one emoji. Pure; reactions are checked by it."""

from __future__ import annotations

import re

# Blocks and not the emoji property: next year's emoji are reactions too.
_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2934\u2935\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_ELEMENT = f"{_PICTURE}(?:\ufe0f|[\U0001f3fb-\U0001f3ff])?(?:[\U000e0020-\U000e007e]+\U000e007f)?"
_EMOJI = re.compile(
    f"{_ELEMENT}(?:\u200d{_ELEMENT}){{0,6}}|[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|[\U0001f3fb-\U0001f3ff]"
)


def is_emoji(text: str) -> bool:
    """Whether a text is one emoji, in the grammar of Unicode Technical Standard 51 (1.4.9), by blocks."""
    return _EMOJI.fullmatch(text) is not None
