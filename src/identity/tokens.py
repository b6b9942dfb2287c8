"""Access tokens: signed JSON Web Tokens (RFC 7519, HS256) that say who, in which role, until when.

`IdentityService` makes and reads them. That a token is good says nothing of whether its login was ended meanwhile: that
is looked up for every new connection and request.
"""

from __future__ import annotations

from dataclasses import dataclass

import jwt

from kit import codes
from kit.clock import Clock
from kit.errors import Unauthorized
from kit.session import Role

ACCESS_SECONDS = 10 * 60
SKEW_SECONDS = 30
"""How far the clocks of two servers may be apart: a token is taken for so long after its end."""
_ISSUER = "touchline"
_AUDIENCE = "touchline"
_KEPT = 1_000  # tokens whose signature is known to be good, below 1 kB each; who is not among them is verified again


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says. From `expires_at` on (Unix seconds, tolerance included) it is refused."""

    user_id: str
    display_name: str
    role: Role
    family: str
    expires_at: float
    generation: int = 0


class AccessTokens:
    """Makes and checks access tokens."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._signed: dict[str, Claims] = {}  # the longest known first

    def issue(
        self, *, user_id: str, display_name: str, role: Role, family: str, generation: int, ends_ms: int
    ) -> tuple[str, int]:
        """Make an access token.

        Args:
            user_id: Whose token.
            display_name: As others see the user.
            role: What the user may do.
            family: The login it belongs to.
            generation: The user's: tokens of an older one are refused.
            ends_ms: When the login ends, Unix ms: no token lives longer.

        Returns:
            The token, and the seconds that it is good for: `ACCESS_SECONDS` at the most.
        """
        now = self._clock.now_ms() // 1000
        lives = max(min(ACCESS_SECONDS, ends_ms // 1000 - now), 0)
        token = jwt.encode(
            {
                "iss": _ISSUER,
                "aud": _AUDIENCE,
                "sub": user_id,
                "name": display_name,
                "role": role.value,
                "fam": family,
                "gen": generation,
                "iat": now,
                "exp": now + lives,
            },
            self._secret,
            algorithm="HS256",
        )
        return token, lives

    def read(self, token: str) -> Claims:
        """Check a token; raises `Unauthorized` with reason `token_expired` or `unauthorized`."""
        read = self._signed.get(token) or self._verified(token)
        if not read.expires_at > self._clock.now_ms() / 1000:  # `not >`, so that NaN is over as well
            self._signed.pop(token, None)
            raise Unauthorized("The access token has expired.", reason=codes.TOKEN_EXPIRED)
        return read

    def _verified(self, token: str) -> Claims:
        """What a token says that we signed; a caller who sends many requests is not verified each time anew."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                issuer=_ISSUER,
                audience=_AUDIENCE,
                # The time is compared by `read`, against the injected clock.
                options={
                    "require": ["exp", "sub", "iat", "fam", "role"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
            read = Claims(
                user_id=str(claims["sub"]),
                display_name=str(claims["name"]),
                role=Role(claims["role"]),
                family=str(claims["fam"]),
                expires_at=float(claims["exp"]) + SKEW_SECONDS,
                generation=int(claims.get("gen", 0)),
            )
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError, OverflowError):
            raise Unauthorized("The access token is not valid.", reason=codes.UNAUTHORIZED) from None
        self._signed[token] = read
        if len(self._signed) > _KEPT:
            del self._signed[next(iter(self._signed))]
        return read
