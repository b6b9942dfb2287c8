"""Who listens to a channel, and who only watches its page: pages, their sound, and separate players.

A page is a connection in the channel's room; its sound is a request of its own, perhaps at another worker, which names
the page's connection. Three groups of `presence` tell them apart without one worker asking another:

`channel:{id}`  every sound, by person: separate players, and pages
`sound:{id}`    the sound of pages, by page
`pages:{id}`    pages, and the sound of pages, by page: a page and its sound are one member

So the pages with sound are the members of `sound`, and those without are the other members of `pages`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import islice

from streaming.contracts import ListenerCount
from streaming.presence import Presence

_LOOKED_FOR_AT_ONCE = 500  # sounds whose page is not known; the others follow in the next round
_KINDS = ("channel", "sound", "pages")


@lru_cache(maxsize=1024)  # one string for all listeners of a busy channel
def channel_group(channel_id: str) -> str:
    """The presence group of what is heard of a channel."""
    return f"channel:{channel_id}"


@lru_cache(maxsize=1024)
def _sound_group(channel_id: str) -> str:
    return f"sound:{channel_id}"


@lru_cache(maxsize=1024)
def pages_group(channel_id: str) -> str:
    """The presence group of a channel's pages."""
    return f"pages:{channel_id}"


def channels_of(groups: Collection[str]) -> list[str]:
    """The channels whose numbers these groups make, each once."""
    parts = [group.partition(":") for group in groups]
    return list(dict.fromkeys(name for kind, _, name in parts if kind in _KINDS))


class Audience:
    """The listeners and watchers that this worker holds, and the numbers of all workers."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence
        # player -> its channel, and the connection that it names, of which nothing is known (yet): a page that plays
        # on while another is opened, one that is just joining, or somebody's invention. Bounded by the players.
        self._unknown: dict[str, tuple[str, str]] = {}

    def page_opened(self, channel_id: str, connection_id: str, member: str) -> None:
        """Count a page that is in the channel's room; a second time changes nothing.

        Args:
            channel_id: Whose room.
            connection_id: The page's connection.
            member: The person behind it.
        """
        self._presence.enter(pages_group(channel_id), connection_id, f"{connection_id} {member}")

    def page_closed(self, channel_id: str, connection_id: str) -> None:
        """It is not in there any more; its sound may go on."""
        self._presence.leave(pages_group(channel_id), connection_id)

    async def sound_began(self, channel_id: str, player_id: str, member: str, session: str | None) -> None:
        """A player or a page began to listen.

        Args:
            channel_id: The channel.
            player_id: The request.
            member: Whom to count where no page is known.
            session: The connection of the page whose sound it says it is.
        """
        self._presence.enter(channel_group(channel_id), player_id, member)
        if session is not None:
            self._unknown[player_id] = (channel_id, session)
            await self._look_for(player_id)

    def sound_ended(self, channel_id: str, player_id: str) -> None:
        """A player or a page listens no longer."""
        self._unknown.pop(player_id, None)
        for group in (channel_group(channel_id), _sound_group(channel_id), pages_group(channel_id)):
            self._presence.leave(group, player_id)

    async def look_for_pages(self) -> None:
        """See whether the pages of sounds are known by now."""
        for player_id in list(islice(self._unknown, _LOOKED_FOR_AT_ONCE)):
            if player_id in self._unknown:
                self._unknown[player_id] = self._unknown.pop(player_id)  # to the end: the next round takes others
                await self._look_for(player_id)

    async def _look_for(self, player_id: str) -> None:
        channel_id, session = self._unknown[player_id]
        page = await self._presence.member_of(pages_group(channel_id), session)
        if page is None or self._unknown.pop(player_id, None) is None:
            return
        self._presence.enter(channel_group(channel_id), player_id, page.partition(" ")[2])
        self._presence.enter(_sound_group(channel_id), player_id, page)
        self._presence.enter(pages_group(channel_id), player_id, page)

    async def numbers(self, channel_ids: Sequence[str]) -> list[ListenerCount]:
        """The present numbers of some channels."""
        groups = [
            group
            for channel_id in channel_ids
            for group in (channel_group(channel_id), _sound_group(channel_id), pages_group(channel_id))
        ]
        counts = await self._presence.counts(groups)
        found = []
        for channel_id, heard, sound, pages in zip(channel_ids, counts[::3], counts[1::3], counts[2::3], strict=True):
            # What is written between the three readings makes them disagree for a moment; then they are read again.
            players = max(heard.connections - sound.connections, 0)
            found.append(
                ListenerCount(
                    channel_id=channel_id,
                    count=sound.members + players,
                    unique=heard.members,
                    watching=max(pages.members - sound.members, 0),
                )
            )
        return found
