"""Which passwords are too easy to guess (OWASP ASVS 5.0, 6.2): length and commonness count, no composition rules.

`common_passwords.bin` is a Bloom filter of the common passwords that are long enough to be chosen here; the script
`scripts/common_passwords.py` makes it.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from kit.errors import InvalidPayload

MIN_PASSWORD = 10
HASHES = 16  # bits that are looked at for each password
_FILTER = Path(__file__).with_name("common_passwords.bin")
_PRODUCT = "Touchline"
_MIN_OWN = 4  # shorter parts of one's own name may be chance
_LEAST_DIFFERENT = 5  # characters; fewer are a pattern, however long it is
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm",
         "azertyuiop", "qsdfghjklm", "wxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "!@#$%^&*()")  # fmt: skip


def check_password(password: str, *, own: Iterable[str]) -> None:
    """Refuse a password that is guessed early; raises `InvalidPayload` with the reason.

    Args:
        password: As it was entered; it may be of any script.
        own: The account's e-mail address and name, which may not be in it.
    """
    if len(password) < MIN_PASSWORD:
        raise InvalidPayload(f"A password has at least {MIN_PASSWORD} characters.")
    plain = fold(password)
    if is_common(plain):
        raise InvalidPayload("This password is among the most common ones: it would be guessed. Choose another.")
    if len(set(plain)) < _LEAST_DIFFERENT or _is_run(plain) or _repeats(plain):
        raise InvalidPayload("This password is a simple pattern: it would be guessed. Choose another.")
    for part in _parts((*own, _PRODUCT)):
        if part in plain and len(plain) - len(part) < MIN_PASSWORD:
            raise InvalidPayload("This password is made of a name that is known: yours, or ours. Choose another.")


def fold(password: str) -> str:
    """As passwords are compared: whatever their case, width and composition."""
    return unicodedata.normalize("NFKC", password).casefold()


def positions(folded: str, bits: int) -> Iterator[int]:
    """Where a folded password's bits are in a filter of so many bits."""
    digest = hashlib.blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    first, step = int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big") | 1
    return ((first + number * step) % bits for number in range(HASHES))


def is_common(folded: str) -> bool:
    """Whether a folded password is among the common ones; one in 50,000 others is taken for one too."""
    kept = _filter()
    return all(kept[place >> 3] >> (place & 7) & 1 for place in positions(folded, len(kept) * 8))


@cache
def _filter() -> bytes:
    return _FILTER.read_bytes()


def _is_run(plain: str) -> bool:
    """Whether it is one row of an alphabet or a keyboard, either way, however often."""
    return any(plain in row * (len(plain) // len(row) + 2) for row in itertools.chain(_ROWS, (r[::-1] for r in _ROWS)))


def _repeats(plain: str) -> bool:
    """Whether it is a short text again and again, as `abc123abc123`."""
    return re.fullmatch(r"(.{1,7}?)\1+.{0,2}", plain, re.DOTALL) is not None


def _parts(own: Iterable[str]) -> set[str]:
    found = set()
    for text in own:
        plain = fold(text)
        found |= {plain, plain.partition("@")[0], plain.replace(" ", ""), *re.split(r"[^\w]+", plain)}
    return {part for part in found if len(part) >= _MIN_OWN}
