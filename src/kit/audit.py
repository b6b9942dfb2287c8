"""The record of what admins do, as features use it; `monitoring` keeps it."""

from __future__ import annotations

from typing import Protocol

from kit.db import Transaction
from kit.session import Session


class Audit(Protocol):
    """The record of what admins do."""

    def record(self, tx: Transaction, actor: Session, action: str, target: str, reason: str | None) -> None:
        """Note an act in the same transaction as the act itself.

        Args:
            tx: The transaction of the act.
            actor: Who acts.
            action: What is done, as `monitoring` lists it (`feed.add`).
            target: To what, for people.
            reason: Why, where it was said.
        """
        ...
