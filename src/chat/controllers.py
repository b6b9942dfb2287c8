"""Chat over HTTP."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from chat.contracts import History, MessagePage
from chat.ports import Channels
from chat.service import ChatService


@get("/api/channels/{channel:str}/chat", tags=["chat"])
async def chat_history(
    channel: FromPath[str],
    chat: NamedDependency[ChatService],
    chat_channels: NamedDependency[Channels],
    before: Annotated[str | None, QueryParameter(max_length=64)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
) -> MessagePage:
    """A channel's messages, newest first."""
    channel_id = await chat_channels.id_of(channel)
    return await chat.history(History(channel_id=channel_id, before=before, limit=limit))
