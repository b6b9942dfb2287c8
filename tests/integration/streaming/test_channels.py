"""Channels and their owners, on both databases."""

from __future__ import annotations

from kit.errors import Conflict, Forbidden, NotFound
from streaming.contracts import CreateChannel, UpdateChannel
from tests.support.station import ADMIN, FAN, OTHER, OWNER, Station, refused


async def test_channels_belong_to_their_owners(station: Station) -> None:
    cid = station.channel
    own = await station.channels.get(OWNER, "radio")
    assert own.source is not None
    assert (own.source.mount, own.source.port) == ("/radio", 8005)
    assert (await station.channels.get(FAN, cid)).source is None
    assert (await station.channels.get(ADMIN, cid)).source is None
    row = await station.channels.authenticate_source("radio", own.source.password)
    assert row is not None
    assert row.id == cid
    for mount, password in (("radio", "wrong"), ("nowhere", own.source.password), ("radio", "ä\0"), ("", "")):
        assert await station.channels.authenticate_source(mount, password) is None
    renewed = await station.channels.renew_password(OWNER, "radio")
    assert renewed.source is not None
    assert await station.channels.authenticate_source("radio", own.source.password) is None
    assert await station.channels.authenticate_source("radio", renewed.source.password) is not None
    await refused(station.channels.create(FAN, CreateChannel(slug="fan", name="F")), Forbidden)
    await refused(station.channels.create(OTHER, CreateChannel(slug="radio", name="F")), Conflict)
    await refused(station.channels.create(OTHER, CreateChannel(slug="x1", name="F", owner_id="owner")), Forbidden)
    await refused(station.channels.update(OTHER, "radio", UpdateChannel(name="Mine")), Forbidden)
    changed = await station.channels.update(OWNER, "radio", UpdateChannel(description="New"))
    assert (changed.name, changed.description) == ("Radio", "New")
    await station.start()
    await refused(station.channels.delete(OWNER, "radio"), Conflict)
    await station.stop()
    await station.channels.delete(OWNER, "radio")
    await refused(station.channels.get(OWNER, cid), NotFound)


async def test_a_slug_that_reads_like_an_id_hides_no_channel(station: Station) -> None:
    cid = station.channel
    await station.channels.create(OTHER, CreateChannel(slug=cid, name="Impostor"))
    assert (await station.channels.get(FAN, cid)).owner_id == "owner"
    assert await station.service.channel_id(cid) == cid
    page = await station.channels.list(OTHER, mine=True, before=None, limit=10)
    assert [item.name for item in page.items] == ["Impostor"]
