"""Chat over HTTP."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import Parameter

from chat.contracts import History, MessagePage
from chat.ports import Channels
from chat.service import ChatService


@get("/api/channels/{channel:str}/chat", tags=["chat"])
async def chat_history(
    channel: str,
    chat: ChatService,
    chat_channels: Channels,
    before: Annotated[str | None, Parameter(max_length=64)] = None,
    limit: Annotated[int, Parameter(ge=1, le=100)] = 50,
) -> MessagePage:
    """A channel's messages, newest first."""
    channel_id = await chat_channels.id_of(channel)
    return await chat.history(History(channel_id=channel_id, before=before, limit=limit))
