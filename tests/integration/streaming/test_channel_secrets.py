"""Who sees a channel's source password, and what is written down of admins who change others' channels."""

from __future__ import annotations

import pytest

from kit.clock import Clock
from kit.db import Database
from kit.errors import InvalidPayload
from kit.ids import UlidGenerator
from kit.session import Role
from streaming.channels import ChannelService, SourceAddress
from streaming.contracts import ChannelDetail, CreateChannel, UpdateChannel
from streaming.source_keys import SourceKeys
from tests.support.doubles import ListAudit, StaticOwners, caller

OWNER = caller(Role.OWNER, "owner")
ADMIN = caller(Role.ADMIN, "admin")


@pytest.fixture
def audit() -> ListAudit:
    return ListAudit()


@pytest.fixture
def channels(database: Database, clock: Clock, audit: ListAudit) -> ChannelService:
    return ChannelService(
        database=database,
        keys=SourceKeys("a secret of these tests"),
        address=SourceAddress("radio.example", 8005),
        owners=StaticOwners(),
        audit=audit,
        clock=clock,
        ids=UlidGenerator(clock),
    )


async def test_only_the_owner_ever_sees_the_source_password(channels: ChannelService) -> None:
    made = await channels.create(ADMIN, CreateChannel(slug="radio", name="Radio", owner_id="owner"))
    to_admin: list[ChannelDetail] = [
        made,
        await channels.get(ADMIN, "radio"),
        await channels.update(ADMIN, "radio", UpdateChannel(name="Renamed", auto_live=False)),
        await channels.renew_password(ADMIN, "radio"),
    ]
    assert [detail.source for detail in to_admin] == [None] * 4
    assert [detail.auto_live for detail in to_admin] == [True, True, False, False]
    to_owner = [
        await channels.get(OWNER, "radio"),
        await channels.update(OWNER, "radio", UpdateChannel(name="Mine")),
        (await channels.list(OWNER, mine=True, before=None, limit=5)).items[0],
        await channels.renew_password(OWNER, "radio"),
        await channels.create(OWNER, CreateChannel(slug="second", name="Second")),
    ]
    assert all(detail.source is not None for detail in to_owner)
    mine = await channels.create(ADMIN, CreateChannel(slug="own", name="Own", owner_id="admin"))
    assert mine.source is not None, "an admin's own channel is its own"


async def test_what_an_admin_does_to_others_channels_is_written_down(
    channels: ChannelService, audit: ListAudit
) -> None:
    await channels.create(ADMIN, CreateChannel(slug="radio", name="Radio", owner_id="owner"))
    await channels.update(
        ADMIN, "radio", UpdateChannel(name="New", description="d", language="en", artwork_url="https://a.example/b.png")
    )
    await channels.update(ADMIN, "radio", UpdateChannel(name="New"))
    await channels.renew_password(ADMIN, "radio")
    await channels.delete(ADMIN, "radio")
    assert audit.entries == [
        ("admin", "channel.create", "radio", "for owner"),
        ("admin", "channel.update", "radio", "name, description, artwork_url"),
        ("admin", "channel.renew_password", "radio", None),
        ("admin", "channel.delete", "radio", "New"),
    ]


async def test_owners_are_not_written_down(channels: ChannelService, audit: ListAudit) -> None:
    await channels.create(OWNER, CreateChannel(slug="radio", name="Radio"))
    await channels.create(ADMIN, CreateChannel(slug="admins", name="Own"))
    await channels.update(OWNER, "radio", UpdateChannel(name="New"))
    await channels.renew_password(OWNER, "radio")
    await channels.delete(OWNER, "radio")
    assert audit.entries == []


async def test_a_channel_of_nobody_is_refused(channels: ChannelService, audit: ListAudit) -> None:
    with pytest.raises(InvalidPayload, match="no such account"):
        await channels.create(ADMIN, CreateChannel(slug="radio", name="Radio", owner_id="nobody"))
    assert audit.entries == []
