"""Passwords of the source port: derived from the secret key, so that none is stored (docs/adr/0005). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac


class SourceKeys:
    """Derives and checks the password with which broadcasting software connects to a channel."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def password(self, channel_id: str, generation: int) -> str:
        """24 characters, 120 bits of HMAC-SHA-256."""
        message = f"touchline source {channel_id} {generation}".encode()
        digest = hmac.digest(self._secret, message, hashlib.sha256)
        return base64.b32encode(digest[:15]).decode().lower()

    def matches(self, channel_id: str, generation: int, given: str) -> bool:
        """Whether a password is the present one; takes the same time for every answer.

        Args:
            channel_id: The channel.
            generation: How often its password was renewed.
            given: What the software sent.
        """
        return hmac.compare_digest(self.password(channel_id, generation).encode(), given.encode())
