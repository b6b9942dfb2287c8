"""Chat over HTTP: reading only. Writing needs a connection, whose rate is counted."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chat.contracts import MessagePage
from chat.service import ChatService
from kit.page_parameters import PageCursor, PageLimit


@get("/api/channels/{channel:str}/chat", tags=["chat"])
async def chat_history(
    channel: FromPath[str],
    chat: NamedDependency[ChatService],
    before: PageCursor = None,
    limit: PageLimit = 50,
) -> MessagePage:
    """A channel's messages, newest first."""
    return await chat.history_by_name(channel, before=before, limit=limit)
