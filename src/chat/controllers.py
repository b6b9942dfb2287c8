"""Chat over HTTP."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from chat.contracts import MessagePage
from chat.service import ChatService


@get("/api/channels/{channel:str}/chat", tags=["chat"])
async def chat_history(
    channel: FromPath[str],
    chat: NamedDependency[ChatService],
    before: Annotated[str | None, QueryParameter(max_length=64)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
) -> MessagePage:
    """A channel's messages, newest first."""
    return await chat.history_by_name(channel, before=before, limit=limit)
