"""What a chat message may consist of."""

from __future__ import annotations

import unicodedata

from kit.errors import InvalidPayload

MAX_CHARACTERS = 500
_MAX_MARKS = 8  # combining marks in a row; no script needs more, and towers of them cover other messages
_UNSEEN = {"Zs", "Zl", "Zp", "Cf", "Cc", "Mn", "Me"}
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols by category, and nothing to see


def clean(text: str) -> str:
    """A message's text as it is stored: NFC, without control characters, trimmed; never interpreted.

    Raises `InvalidPayload` for a text with nothing to see in it, too long a one, or one that is not Unicode.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidPayload("The text is not valid Unicode.") from None
    # First what is left out: what stands on both sides of it may then compose.
    allowed = "".join(filter(_allowed, text.replace("\r\n", "\n")))
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", allowed):
        category = unicodedata.category(character)
        if category in {"Mn", "Me"}:
            marks += 1
        elif category != "Cf":  # a joiner between two marks does not begin a new letter
            marks = 0
        if marks <= _MAX_MARKS or category == "Cf":
            kept.append(character)
    cleaned = "".join(kept).strip()
    if all(unicodedata.category(character) in _UNSEEN or character in _BLANKS for character in cleaned):
        raise InvalidPayload("Write something first.")
    if len(cleaned) > MAX_CHARACTERS:
        raise InvalidPayload(f"A message has {MAX_CHARACTERS} characters at most.")
    return cleaned


def _allowed(character: str) -> bool:
    if unicodedata.category(character) in {"Cc", "Co", "Cn"} and character != "\n":
        return False
    # Overrides of the writing direction can make a line show other than it is (Unicode TR 36, 2.6).
    return not ("\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069")
