"""What a text that people enter may consist of: one rule for names, titles, descriptions and messages.

Kept is what writing needs, however new: letters of every script, joiners (Persian and Indic spelling, emoji
sequences), variation selectors, the tags of flags, and code points that this Python does not know yet. Left out is
what shows nothing or makes a line show other than it is: controls, overrides of the writing direction (Unicode TR 36,
2.6), fillers of protocols, and tags that belong to no emoji, in which text can be hidden.
"""

from __future__ import annotations

import re
import unicodedata

_MAX_MARKS = 8  # combining marks in a row; no script needs more, and towers of them cover other lines
_LINE_BREAKS = re.compile("\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
_JOINERS = "\u200c\u200d"
_APOSTROPHES = "'\u2019"
_LEFT_OUT = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # controls that are neither blanks nor line breaks
    "\u00ad\u200b\u2060-\u2064\ufeff"  # places where a line may break or not, and silent operators of formulas
    "\u202a-\u202e\u2065-\u206f"  # the writing direction, overridden
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # annotations, shorthand and beams of music
    "\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"  # kept free for more of the unseen
    "\ue000-\uf8ff\U000f0000-\U0010ffff"  # private use: means something within one font only
    "\ud800-\udfff"  # half a character
    "\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0xF0000, 0x10000))
    + "]"
)
_TAGS = re.compile("[\U000e0020-\U000e007f]+")
_TAG_SEQUENCE = re.compile("[\U000e0020-\U000e007e]{1,30}\U000e007f")  # Unicode TS 51, ED-14a
_UNSEEN = {"Zs", "Zl", "Zp", "Cf", "Cc", "Cs", "Co", "Mn", "Me"}
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")  # letters and symbols by category, and nothing to see


def one_line(text: str, *, at_most: int | None = None) -> str:
    """A name or a title as it is stored: NFC, one line, single spaces, trimmed.

    Args:
        text: What somebody entered.
        at_most: Code points after which it is cut, never within what is drawn as one character.

    Returns:
        The line; it may be empty or hold nothing to see (`visible`).
    """
    line = " ".join(_cleaned(_LINE_BREAKS.sub(" ", text)).split())
    return line if at_most is None or len(line) <= at_most else _cut(line, at_most)


def several_lines(text: str) -> str:
    """A text in which lines may break, as it is stored: NFC, each break one line feed, trimmed."""
    return _cleaned(_LINE_BREAKS.sub("\n", text).replace("\t", " ")).strip()


def visible(text: str) -> bool:
    """Whether there is anything to see in it."""
    return any(unicodedata.category(one) not in _UNSEEN and one not in _BLANKS for one in text)


def characters(text: str) -> list[str]:
    """A text's characters as people count them: an emoji of several code points, or a letter with its marks, is one."""
    drawn: list[str] = []
    for one in unicodedata.normalize("NFC", text):
        joined = bool(drawn) and (
            _extends(one)
            or drawn[-1].endswith(_JOINERS[1])
            or (_is_half_flag(one) and len(drawn[-1]) == 1 and _is_half_flag(drawn[-1]))
        )
        if joined:
            drawn[-1] += one
        else:
            drawn.append(one)
    return drawn


def words(text: str) -> list[list[str]]:
    """The words of letters and digits in a text of any script, each as its `characters`."""
    found: list[list[str]] = []
    within = False
    for one in characters(text):
        lettered = unicodedata.category(one[0])[0] in "LN"
        if lettered and not within:
            found.append([])
        within = lettered or (within and one in _APOSTROPHES)
        if within:
            found[-1].append(one)
    return found


def _cleaned(text: str) -> str:
    # First what is left out: what stands on both sides of it may then compose.
    allowed = unicodedata.normalize("NFC", _TAGS.sub(_tags_of_emoji, _LEFT_OUT.sub("", text)))
    if allowed.isascii():
        return allowed
    kept: list[str] = []
    marks = 0
    for character in allowed:
        category = unicodedata.category(character)
        if category in {"Mn", "Me"}:
            marks += 1
        elif category != "Cf":  # a joiner between two marks does not begin a new letter
            marks = 0
        if marks <= _MAX_MARKS or category == "Cf":
            kept.append(character)
    return "".join(kept)


def _tags_of_emoji(found: re.Match[str]) -> str:
    """The tags, if they follow an emoji and end as they should; else nothing."""
    sequence = _TAG_SEQUENCE.match(found[0])
    at = found.start() - 1
    if at > 0 and found.string[at] == "\ufe0f":
        at -= 1
    return sequence[0] if sequence and at >= 0 and _is_symbol(found.string[at]) else ""


def _is_symbol(character: str) -> bool:
    """Whether it may be an emoji, also one that this Python does not know yet."""
    category = unicodedata.category(character)
    return (category in {"So", "Cn"} and unicodedata.is_normalized("NFC", character)) or _is_skin_tone(character)


def _cut(line: str, at_most: int) -> str:
    end = at_most
    while end > 0 and (_extends(line[end]) or line[end - 1] in _JOINERS):
        end -= 1
    return line[: end or at_most].rstrip()


def _extends(character: str) -> bool:
    """Whether a character is drawn with the one before it."""
    return unicodedata.category(character) in {"Mn", "Me", "Mc", "Cf"} or _is_skin_tone(character)


def _is_skin_tone(character: str) -> bool:
    return "\U0001f3fb" <= character <= "\U0001f3ff"


def _is_half_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
