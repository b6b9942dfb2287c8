"""What a source says it plays: from the fields of an update to artist and track. Pure; `icecast` calls it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from kit.text import one_line, visible

MAX_TITLE = 300
# By Python's name. What is called Latin-1 or ASCII is Windows-1252 (encoding.spec.whatwg.org, 4.2), and often UTF-8.
_ANY_WESTERN = {"ascii", "iso8859-1", "cp1252", "utf-8"}
# No charsets of titles; the first two take quadratic time.
_NO_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}


@dataclass(frozen=True, slots=True)
class SourceTitle:
    """What plays; both at most `MAX_TITLE` characters, the track with something to see in it."""

    artist: str | None
    track: str


def decode_title(raw: bytes | None, charset: str) -> str | None:
    """A field's text: in the charset that is named if it is more than a Western default, else UTF-8, else Windows-1252.

    Args:
        raw: The field's bytes, or None where it was not sent.
        charset: What the client says of all fields; may be empty, unknown or rubbish.
    """
    if raw is None:
        return None
    for name in (_known(charset), "utf-8"):
        try:
            if name:
                return raw.decode(name)
        except UnicodeError:
            continue
    return raw.decode("cp1252", "ignore")


def read_title(*, song: str | None, artist: str | None, title: str | None) -> SourceTitle | None:
    """What an update of a title says, in one text or in two.

    Args:
        song: Artist and title in one text ("Artist - Title").
        artist: The artist alone.
        title: The title alone; it comes before `song`.

    Returns:
        Both, tidied and cut; None if nothing is named.
    """
    if not visible(title or "") and song is not None:
        before, dash, after = song.partition(" - ")
        if dash and _names(before) and _names(after):
            artist, title = before, after
        else:
            title = song.strip(" -") if dash else song
    track = one_line(title or "", at_most=MAX_TITLE)
    if not _names(track):
        return None
    performer = one_line(artist or "", at_most=MAX_TITLE)
    return SourceTitle(performer if visible(performer) else None, track)


def _names(text: str) -> bool:
    """Whether a text is more than blanks and the dash between two empty fields."""
    return visible(text.replace("-", ""))


def _known(charset: str) -> str | None:
    try:
        name = codecs.lookup(charset).name
        "".encode(name)  # only text encodings do that
    except (LookupError, ValueError):
        return None
    return None if name in _ANY_WESTERN or name in _NO_CHARSETS else name
