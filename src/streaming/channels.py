"""The rules of channels: making, changing and removing them, and their source passwords.

REST and the command line call it. Only a channel's owner may see its source password. What is on air is in
`broadcasts`.
"""

from __future__ import annotations

from dataclasses import dataclass

from kit.audit import Audit
from kit.clock import Clock
from kit.contracts import Page
from kit.db import Database, Transaction
from kit.errors import Conflict, Forbidden, InvalidPayload
from kit.ids import UlidGenerator
from kit.paging import read_slice
from kit.session import Role, Session
from streaming.contracts import ChannelDetail, ChannelInfo, CreateChannel, Source, UpdateChannel
from streaming.models import ChannelRow
from streaming.ports import Owners
from streaming.repository import ChannelRepository, StreamRepository
from streaming.source_keys import SourceKeys
from streaming.views import channel_info

MAX_CHANNELS = 50  # per owner: a station group's worth


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """Where broadcasting software connects: a public host name and a port."""

    host: str
    port: int


class ChannelService:
    """Makes, changes, shows and removes channels."""

    def __init__(
        self,
        *,
        database: Database,
        keys: SourceKeys,
        address: SourceAddress,
        owners: Owners,
        audit: Audit,
        clock: Clock,
        ids: UlidGenerator,
    ) -> None:
        self._database = database
        self._owners = owners
        self._audit = audit
        self._keys = keys
        self._address = address
        self._clock = clock
        self._ids = ids

    async def create(self, session: Session, cmd: CreateChannel) -> ChannelDetail:
        """Make a channel; an admin may make it for somebody else, who alone sees its source password.

        Raises:
            Forbidden: The caller makes no channels, or none for others.
            InvalidPayload: There is no account `ownerId`.
            Conflict: The slug is taken, or the owner has too many.
        """
        user_id = session.require_user()
        if not session.roles & {Role.OWNER, Role.ADMIN}:
            raise Forbidden("Station owners make channels.")
        if cmd.owner_id in {None, user_id}:
            return await self.create_for(user_id, cmd)
        if not session.is_admin:
            raise Forbidden("You can make channels for yourself only.")
        return await self.create_for(cmd.owner_id or user_id, cmd, by=session)

    async def create_for(self, owner_id: str, cmd: CreateChannel, *, by: Session | None = None) -> ChannelDetail:
        """Make a channel of this owner.

        Args:
            owner_id: Whose channel it is.
            cmd: What it is like.
            by: The admin who makes it for the owner; None for the owner, or whoever works at the server itself.

        Raises:
            InvalidPayload: There is no such account.
            Conflict: Its slug is taken or the owner has too many.
        """
        if not await self._owners.exists(owner_id):
            raise InvalidPayload("There is no such account to own the channel.")
        row = ChannelRow(
            id=self._ids.new(),
            slug=cmd.slug,
            name=cmd.name,
            description=cmd.description,
            language=cmd.language,
            artwork_url=cmd.artwork_url,
            owner_id=owner_id,
            auto_live=cmd.auto_live,
            source_generation=1,
            created_ms=self._clock.now_ms(),
        )
        async with self._database.transaction() as tx:
            channels = ChannelRepository(tx)
            if await channels.count_of_owner(owner_id) >= MAX_CHANNELS:
                raise Conflict(f"An owner has {MAX_CHANNELS} channels at most.")
            await channels.add(row)
            if by is not None:
                self._audit.record(tx, by, "channel.create", row.slug, f"for {owner_id}")
        return self._detail(row, live=False, secret=by is None)

    async def update(self, session: Session, name: str, cmd: UpdateChannel) -> ChannelDetail:
        """Change the given fields of a channel.

        Args:
            session: The owner, or an admin, of whom it is noted.
            name: The channel's id or slug.
            cmd: What changes; what is absent stays.

        Returns:
            The channel.

        Raises:
            NotFound: There is no such channel.
            Forbidden: It is not the caller's.
        """
        changed = []
        async with self._database.transaction() as tx:
            row = await self._own(tx, session, name)
            for field in ("name", "description", "language", "auto_live"):
                value = getattr(cmd, field)
                if value is not None and value != getattr(row, field):
                    setattr(row, field, value)
                    changed.append(field)
            if cmd.artwork_url is not None and (cmd.artwork_url or None) != row.artwork_url:
                row.artwork_url = cmd.artwork_url or None
                changed.append("artwork_url")
            live = await StreamRepository(tx).live(row.id) is not None
            if changed:
                self._note(tx, session, row, "channel.update", ", ".join(changed))
        return self._detail(row, live=live, secret=session.user_id == row.owner_id)

    async def renew_password(self, session: Session, name: str) -> ChannelDetail:
        """A new source password; the old one is refused from now on. An admin does not get to see it."""
        async with self._database.transaction() as tx:
            row = await self._own(tx, session, name)
            row.source_generation += 1
            live = await StreamRepository(tx).live(row.id) is not None
            self._note(tx, session, row, "channel.renew_password", None)
        return self._detail(row, live=live, secret=session.user_id == row.owner_id)

    async def delete(self, session: Session, name: str) -> None:
        """Remove a channel that is off air, with all its history."""
        async with self._database.transaction() as tx:
            row = await self._own(tx, session, name)
            if await StreamRepository(tx).live(row.id) is not None:
                raise Conflict("The channel is on air; stop the stream first.")
            self._note(tx, session, row, "channel.delete", row.name)
            await ChannelRepository(tx).remove(row.id)

    async def get(self, session: Session, name: str) -> ChannelDetail:
        """A channel by id or slug; its owner also sees how to send to it."""
        async with self._database.read() as tx:
            row = await ChannelRepository(tx).named(name)
            live = await StreamRepository(tx).live(row.id) is not None
        if session.user_id == row.owner_id or session.is_admin:
            return self._detail(row, live=live, secret=session.user_id == row.owner_id)
        return _public(row, live=live)

    async def list(self, session: Session, *, mine: bool, before: str | None, limit: int) -> Page:
        """A page of channels.

        Args:
            session: The caller.
            mine: The caller's own channels only, with everything about them.
            before: The `next` of the page before; None for the first.
            limit: Channels of one page, at the most.

        Returns:
            The page, newest first.

        Raises:
            Unauthorized: A guest asks for its own.
        """
        owner_id = session.require_user() if mine else None
        async with self._database.read() as tx:
            rows, following = await read_slice(
                lambda count: ChannelRepository(tx).page(owner_id=owner_id, before=before, limit=count), limit
            )
            live = await StreamRepository(tx).live_among([row.id for row in rows])
        items: list[ChannelInfo] = [
            self._detail(row, live=row.id in live, secret=True) if mine else channel_info(row, live=row.id in live)
            for row in rows
        ]
        return Page(items, following)

    async def by_slug(self, slug: str) -> ChannelRow | None:
        """The channel of a mount, or None."""
        async with self._database.read() as tx:
            return await ChannelRepository(tx).by_slug(slug)

    async def authenticate_source(self, mount: str, password: str) -> ChannelRow | None:
        """The channel whose mount and password these are; None otherwise, whichever is wrong."""
        row = await self.by_slug(mount)
        right = self._keys.matches(row.id if row else "none", row.source_generation if row else 0, password)
        return row if right else None

    async def _own(self, tx: Transaction, session: Session, name: str) -> ChannelRow:
        session.require_user()
        row = await ChannelRepository(tx).named(name)
        if row.owner_id != session.user_id and not session.is_admin:
            raise Forbidden("This is not your channel.")
        return row

    def _note(self, tx: Transaction, session: Session, row: ChannelRow, action: str, detail: str | None) -> None:
        """Write down what an admin does to a channel of somebody else."""
        if session.user_id != row.owner_id:
            self._audit.record(tx, session, action, row.slug, detail)

    def _detail(self, row: ChannelRow, *, live: bool, secret: bool) -> ChannelDetail:
        source = None
        if secret:
            source = Source(
                host=self._address.host,
                port=self._address.port,
                mount=f"/{row.slug}",
                password=self._keys.password(row.id, row.source_generation),
            )
        return _public(row, live=live, auto_live=row.auto_live, source=source)


def _public(
    row: ChannelRow, *, live: bool, auto_live: bool | None = None, source: Source | None = None
) -> ChannelDetail:
    info = channel_info(row, live=live)
    fields = {name: getattr(info, name) for name in ChannelInfo.__struct_fields__}
    return ChannelDetail(**fields, auto_live=auto_live, source=source)
