"""Which database this is: a name that a restore changes, and counts that only rise."""

from __future__ import annotations

from kit.contracts import Policy, Publication, Reply
from kit.db import Database
from kit.generations import GenerationRepository, renew_generation


class Note(Reply, frozen=True, kw_only=True):
    text: str


async def test_a_database_has_a_name_and_comes_further(database: Database) -> None:
    generations = GenerationRepository(database)
    first = await generations.advance()
    async with database.transaction() as tx:
        tx.announce(Publication("room", "note:made", Note(text="x"), Policy.RECOVERABLE))
    second = await generations.advance()
    assert len(first.name) == 26
    assert second.name == first.name
    assert second.progress == first.progress + 1
    assert (first.outbox, second.outbox) == (0, 1)


async def test_a_restored_database_gets_another_name(database: Database) -> None:
    generations = GenerationRepository(database)
    before = await generations.advance()
    name = await renew_generation(database)
    assert name != before.name
    assert (await generations.advance()).name == name
