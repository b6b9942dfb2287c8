"""What a refresh token is worth when it comes: a pure decision, and the cover of a successor that may be needed again.

A refresh token is good once. An answer may be lost, and two tabs may ask at once: for `GRACE_MS` after its use the same
token is answered with the same successor. Later it was copied, and the login ends (RFC 9700, 4.14.2).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from enum import Enum, auto

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

IDLE_MS = 30 * 24 * 3600 * 1000
"""A login that is not used for so long is over."""
LOGIN_MS = 90 * 24 * 3600 * 1000
"""A login lives so long at most, however much it is used."""
GRACE_MS = 30_000
SKEW_MS = 30_000
"""How far the clocks of two servers may be apart."""
_NONCE = 12


class Verdict(Enum):
    """What is to be done with a refresh token."""

    TRADE = auto()
    """Its first use: it gets a successor."""
    REPEAT = auto()
    """It was used a moment ago: the same successor again."""
    THEFT = auto()
    """It was used before: the login ends."""
    OVER = auto()
    """Its time is over."""


def judge(*, used_ms: int | None, expires_ms: int, ends_ms: int, now_ms: int) -> Verdict:
    """What a known refresh token is worth now (all in Unix milliseconds).

    Args:
        used_ms: When it was used first; None if it never was. Another server's clock may have said so.
        expires_ms: When it expires.
        ends_ms: When its login ends.
        now_ms: This server's time.
    """
    if used_ms is not None and not -SKEW_MS <= now_ms - used_ms <= GRACE_MS:
        return Verdict.THEFT
    if min(expires_ms, ends_ms) <= now_ms:
        return Verdict.OVER
    return Verdict.TRADE if used_ms is None else Verdict.REPEAT


def expiry(*, ends_ms: int, now_ms: int) -> int:
    """When a token that is made now expires (Unix milliseconds)."""
    return min(now_ms + IDLE_MS, ends_ms)


def digest(token: str) -> str:
    """As a token is known here: SHA-256 in hexadecimal. It is random enough to need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def encrypt_successor(token: str, successor: str, random: Callable[[int], bytes] = os.urandom) -> bytes:
    """Encrypt a successor so that only who holds the old token can read it.

    Args:
        token: The old token, from which the key is derived.
        successor: The new one.
        random: So many random bytes, for the nonce.

    Returns:
        Nonce and ciphertext.
    """
    nonce = random(_NONCE)
    return nonce + _cipher(token).encrypt(nonce, successor.encode(), None)


def decrypt_successor(token: str, covered: bytes) -> str | None:
    """The successor; None if it was not covered with this token."""
    if len(covered) < _NONCE:
        return None
    try:
        return _cipher(token).decrypt(covered[:_NONCE], covered[_NONCE:], None).decode()
    except InvalidTag:
        return None


def _cipher(token: str) -> ChaCha20Poly1305:
    # The stored digest is of another function of the token, and gives nothing of this key away.
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"touchline refresh successor")
    return ChaCha20Poly1305(derive.derive(token.encode()))
