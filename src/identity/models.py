"""Tables of users, their logins, and the refresh tokens of those. Only `repository` queries them."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class UserRow(Base):
    """An account. `email` is kept in lower case, so that it is unique however it is typed.

    `generation` is written into access tokens: those of an older one are refused. It grows when all of them shall
    end, at `ended_ms`. A disabled account (`disabled_ms`) cannot sign in, until `disabled_until_ms` if that is set.
    """

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_ended_ms", "ended_ms"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    display_name: Mapped[str] = mapped_column(String(60))
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(20))
    demo: Mapped[bool] = mapped_column(default=False)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    generation: Mapped[int] = mapped_column(default=0, server_default="0")
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    disabled_ms: Mapped[int | None] = mapped_column(BigInteger)
    disabled_until_ms: Mapped[int | None] = mapped_column(BigInteger)
    disabled_reason: Mapped[str | None] = mapped_column(String(300))

    def disabled(self, now_ms: int) -> bool:
        """Whether the account is disabled at this moment (Unix milliseconds)."""
        return self.disabled_ms is not None and (self.disabled_until_ms is None or self.disabled_until_ms > now_ms)


class LoginRow(Base):
    """One sign-in on one device: the family of refresh tokens that came from it. It is over at `ends_ms`."""

    __tablename__ = "logins"
    __table_args__ = (Index("ix_logins_user_id", "user_id"), Index("ix_logins_ends_ms", "ends_ms"))

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    used_ms: Mapped[int] = mapped_column(BigInteger)
    ends_ms: Mapped[int] = mapped_column(BigInteger)
    address: Mapped[str | None] = mapped_column(String(64))
    agent: Mapped[str | None] = mapped_column(String(200))


class RefreshTokenRow(Base):
    """One refresh token, known by its SHA-256 only.

    `successor`: the token that it was traded for, encrypted under a key that only the token itself gives
    (`identity.rotation`); kept for as long as the answer may be asked for again.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_family", "family"), Index("ix_refresh_tokens_expires", "expires_ms"))

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    family: Mapped[str] = mapped_column(ForeignKey("logins.id", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    expires_ms: Mapped[int] = mapped_column(BigInteger)
    used_ms: Mapped[int | None] = mapped_column(BigInteger)
    successor: Mapped[bytes | None] = mapped_column(LargeBinary)
