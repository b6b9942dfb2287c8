"""What a chat message may consist of.

Pure. `ChatService` calls it before a message is stored, and pages show the result as text, never as HTML.
"""

from __future__ import annotations

import re

from kit.errors import InvalidPayload
from kit.text import several_lines, visible

MAX_CHARACTERS = 500
MAX_LINES = 20  # a line-up with its coach; what is higher would push the others' messages out of sight
_BLANK_LINES = re.compile(r"\n\s*\n")


def clean(text: str) -> str:
    """A message's text as it is stored: tidied (`kit.text`), at most `MAX_LINES` high; never interpreted.

    Of several blank lines in a row one is kept, and the breaks of a message that is too high still become blanks.

    Raises `InvalidPayload` for a text with nothing to see in it, too long a one, or one that is not Unicode.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidPayload("The text is not valid Unicode.") from None
    cleaned = _in_height(several_lines(text))
    if not visible(cleaned):
        raise InvalidPayload("Write something first.")
    if len(cleaned) > MAX_CHARACTERS:
        raise InvalidPayload(f"A message has {MAX_CHARACTERS} characters at most.")
    return cleaned


def _in_height(text: str) -> str:
    lines = _BLANK_LINES.sub("\n\n", text).split("\n")
    kept, rest = lines[: MAX_LINES - 1], lines[MAX_LINES - 1 :]
    return "\n".join([*kept, " ".join(line for line in rest if line.strip())]) if rest else "\n".join(kept)
