"""Chat on the wire: the commands of clients, the messages and the event. The exported contract is made of them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kit.contracts import Id, Instant, Payload, Policy, Reply, ServerEvent

MessageText = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class SendMessage(Payload, frozen=True, kw_only=True):
    """`clientId` is the client's own id of the message: sent twice, it stays one message."""

    channel_id: Id
    text: MessageText
    client_id: Id
    reply_to: Id | None = None


class ListMessages(Payload, frozen=True, kw_only=True):
    channel_id: Id
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    before: Id | None = None


class ChatUser(Reply, frozen=True, kw_only=True):
    id: str
    display_name: str
    role: str


class ChatMessage(Reply, frozen=True, kw_only=True):
    """Plain text: clients show it as text, never as HTML."""

    id: str
    channel_id: str
    user: ChatUser
    text: str
    client_id: str
    at: Instant
    reply_to: str | None = None


class MessagePage(Reply, frozen=True, kw_only=True):
    """Newest first; `next` goes into `before` for the page that follows."""

    items: list[ChatMessage]
    next: str | None = None


class ChatSettings(Reply, frozen=True, kw_only=True):
    max_length: int
    slow_mode_seconds: int
    members_only: bool


class ChatSnapshot(Reply, frozen=True, kw_only=True):
    """`recent` is oldest first, ready to be shown."""

    recent: list[ChatMessage]
    settings: ChatSettings


CHAT_MESSAGE = ServerEvent("chat:message", ChatMessage, Policy.RECOVERABLE, "Somebody wrote in this channel's chat.")
