"""What a chat message may consist of."""

from __future__ import annotations

import unicodedata

from kit.errors import InvalidPayload

MAX_CHARACTERS = 500
_MAX_MARKS = 8  # combining marks in a row; no script needs more, and towers of them cover other messages


def clean(text: str) -> str:
    """A message's text as it is stored: NFC, without control characters, trimmed; never interpreted.

    Raises `InvalidPayload` for a text with nothing to see in it, too long a one, or one that is not Unicode.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidPayload("The text is not valid Unicode.") from None
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text.replace("\r\n", "\n")):
        category = unicodedata.category(character)
        if category in {"Cc", "Co", "Cn"} and character != "\n":
            continue
        # Overrides of the writing direction can make a line show other than it is (Unicode TR 36, 2.6).
        if "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069":
            continue
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= _MAX_MARKS:
            kept.append(character)
    cleaned = "".join(kept).strip()
    if not any(unicodedata.category(character) not in {"Zs", "Zl", "Zp", "Cf", "Cc"} for character in cleaned):
        raise InvalidPayload("Write something first.")
    if len(cleaned) > MAX_CHARACTERS:
        raise InvalidPayload(f"A message has {MAX_CHARACTERS} characters at most.")
    return cleaned
