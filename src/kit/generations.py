"""Which database this is, and how far it has come: what Redis and the clients hold is of one such history.

A copy that is restored takes the database back. Followers then hold states that it no longer has, with higher numbers,
and would ignore what comes next. So the database carries a generation, which a restore changes, and a count that only
rises, by which an older copy is known that somebody put in place by hand.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import BigInteger, Integer, String, text, update
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, Database

_ROW = 1


class StoreStateRow(Base):
    """The one row about the database itself."""

    __tablename__ = "store_state"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    generation: Mapped[str] = mapped_column(String(26))
    progress: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Generation:
    """How far a database has come.

    Attributes:
        name: Random; another one after a restore.
        progress: Counts looks at this row; rises with each.
        outbox: The highest number that an event in the outbox ever had.
    """

    name: str
    progress: int
    outbox: int


class GenerationRepository:
    """The row about the database itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def advance(self) -> Generation:
        """Count one up and tell where the database is; also shows that it can be written."""
        count = (
            update(StoreStateRow)
            .where(StoreStateRow.id == _ROW)
            .values(progress=StoreStateRow.progress + 1)
            .returning(StoreStateRow.generation, StoreStateRow.progress)
        )
        async with self._database.transaction() as tx:
            name, progress = (await tx.session.execute(count)).one()
            outbox = await tx.session.scalar(text(_OUTBOX[self._database.dialect]))
        return Generation(name, progress, int(outbox or 0))


async def renew_generation(database: Database) -> str:
    """Say that this database is not what it was: with the next start all clients take fresh snapshots.

    For whoever restores a copy, once its tables are migrated and before anybody serves it. Returns the new name.
    """
    name = secrets.token_hex(13)
    async with database.transaction() as tx:
        await tx.session.execute(update(StoreStateRow).where(StoreStateRow.id == _ROW).values(generation=name))
    return name


_OUTBOX = {
    "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = 'outbox'",
    "postgresql": "SELECT last_value FROM outbox_id_seq WHERE is_called",
}
