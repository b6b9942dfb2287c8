"""The SQL of messages. `ChatService` calls it within its transactions; nothing is announced here."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chat.models import MessageRow
from kit.db import Transaction
from kit.paging import newest_first


class MessageRepository:
    """MessageRepository, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def by_client_id(self, channel_id: str, user_id: str, client_id: str) -> MessageRow | None:
        """The message that a client has sent under its own id.

        Args:
            channel_id: Where it was sent.
            user_id: Who sent it.
            client_id: The client's own id of it.

        Returns:
            The message, or None.
        """
        found: MessageRow | None = await self._session.scalar(
            select(MessageRow).where(
                MessageRow.channel_id == channel_id,
                MessageRow.user_id == user_id,
                MessageRow.client_id == client_id,
            )
        )
        return found

    async def in_channel(self, channel_id: str, message_id: str) -> MessageRow | None:
        """A message of this channel, or None."""
        row = await self._session.get(MessageRow, message_id)
        return row if row is not None and row.channel_id == channel_id else None

    async def add(self, message: MessageRow) -> MessageRow:
        """Store a message; returns the one that a transaction beside this one has stored meanwhile, if it has."""
        try:
            async with self._session.begin_nested():
                self._session.add(message)
        except IntegrityError:
            known = await self.by_client_id(message.channel_id, message.user_id, message.client_id)
            if known is None:
                raise
            return known
        return message

    async def page(self, channel_id: str, *, before: str | None, limit: int) -> Sequence[MessageRow]:
        """A page of messages.

        Args:
            channel_id: Whose messages.
            before: Only those with a smaller id.
            limit: Messages, at the most.

        Returns:
            The messages, newest first.
        """
        query = select(MessageRow).where(MessageRow.channel_id == channel_id)
        return (await self._session.scalars(newest_first(query, MessageRow.id, before=before, limit=limit))).all()
