"""The rules of chat: writing and reading the messages of a channel.

Gateway, controller and the channel's snapshot call it. A message is stored and announced in one transaction.
"""

from __future__ import annotations

from chat.contracts import (
    CHAT_MESSAGE,
    ChatMessage,
    ChatSettings,
    ChatSnapshot,
    ChatUser,
    ListMessages,
    MessagePage,
    SendMessage,
)
from chat.models import MessageRow
from chat.ports import Channels
from chat.repository import MessageRepository
from chat.text import MAX_CHARACTERS, clean
from kit.clock import Clock
from kit.contracts import Instant
from kit.db import Database
from kit.errors import NotFound
from kit.ids import UlidGenerator
from kit.paging import read_slice
from kit.rooms import channel_room
from kit.session import Session

RECENT = 50
_SETTINGS = ChatSettings(max_length=MAX_CHARACTERS, slow_mode_seconds=0, members_only=False)


class ChatService:
    """Writes and reads the messages of channels."""

    def __init__(self, *, database: Database, channels: Channels, clock: Clock, ids: UlidGenerator) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._ids = ids

    async def send(self, session: Session, cmd: SendMessage) -> ChatMessage:
        """Store a message and tell the room; the same `clientId` again returns the same message."""
        user_id = session.require_user()
        text = clean(cmd.text)
        owner_id = await self._channels.owner_of(cmd.channel_id)
        async with self._database.transaction() as tx:
            messages = MessageRepository(tx)
            known = await messages.by_client_id(cmd.channel_id, user_id, cmd.client_id)
            if known is not None:
                return _message(known)
            if cmd.reply_to is not None and await messages.in_channel(cmd.channel_id, cmd.reply_to) is None:
                raise NotFound("The message that this replies to is not there.")
            row = MessageRow(
                id=self._ids.new(),
                channel_id=cmd.channel_id,
                user_id=user_id,
                display_name=session.display_name,
                role="owner" if user_id == owner_id else session.role.value,
                client_id=cmd.client_id,
                reply_to=cmd.reply_to,
                text=text,
                at_ms=self._clock.now_ms(),
            )
            kept = await messages.add(row)
            message = _message(kept)
            if kept is not row:
                return message
            tx.announce(CHAT_MESSAGE.to(channel_room(cmd.channel_id), message))
        return message

    async def history(self, cmd: ListMessages) -> MessagePage:
        """A page of messages, newest first."""
        await self._channels.owner_of(cmd.channel_id)
        async with self._database.read() as tx:
            rows, following = await read_slice(
                lambda count: MessageRepository(tx).page(cmd.channel_id, before=cmd.before, limit=count), cmd.limit
            )
        return MessagePage(items=[_message(row) for row in rows], next=following)

    async def history_by_name(self, name: str, *, before: str | None, limit: int) -> MessagePage:
        """A page of messages, for a channel by its name.

        Args:
            name: The channel's id or slug.
            before: The `next` of the page before; None for the first.
            limit: Messages of one page, at the most.

        Returns:
            The page, newest first.

        Raises:
            NotFound: There is no such channel.
        """
        return await self.history(ListMessages(channel_id=await self._channels.id_of(name), before=before, limit=limit))

    async def snapshot(self, channel_id: str) -> ChatSnapshot:
        """The newest messages, oldest first, and the rules of this chat."""
        async with self._database.read() as tx:
            rows = await MessageRepository(tx).page(channel_id, before=None, limit=RECENT)
        return ChatSnapshot(recent=[_message(row) for row in reversed(rows)], settings=_SETTINGS)


def _message(row: MessageRow) -> ChatMessage:
    return ChatMessage(
        id=row.id,
        channel_id=row.channel_id,
        user=ChatUser(id=row.user_id, display_name=row.display_name, role=row.role),
        text=row.text,
        reply_to=row.reply_to,
        client_id=row.client_id,
        at=Instant(row.at_ms),
    )
