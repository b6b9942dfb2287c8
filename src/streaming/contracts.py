"""Channels and streams on the wire: commands, answers and events. Names and fields are what clients rely on."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kit.contracts import Id, Instant, Line, Lines, Name, Payload, Policy, Reply, ServerEvent, Slug, WebAddress

ShowType = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_-]*$(?!\n)")]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$(?!\n)", max_length=35)]
Emoji = Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


# What clients send


class JoinStream(Payload, frozen=True, kw_only=True):
    """`userId` is accepted for older clients and ignored: the session decides who joins.

    `studio`: this is a page of the station itself, which is no listener; heeded for the channel's owner.
    """

    channel_id: Id
    studio: bool = False
    user_id: str | None = None
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] | None = None


class LeaveStream(Payload, frozen=True, kw_only=True):
    channel_id: Id


class StartStream(Payload, frozen=True, kw_only=True):
    channel_id: Id
    show_title: Name
    host_name: Name
    show_type: ShowType
    stream_id: Id | None = None


class StopStream(Payload, frozen=True, kw_only=True):
    channel_id: Id
    stream_id: Id | None = None
    reason: Name | None = None


class UpdateMetadata(Payload, frozen=True, kw_only=True):
    """Only the fields that are given change; an empty string clears one."""

    channel_id: Id
    track_name: Line | None = None
    artist_name: Line | None = None
    album: Line | None = None
    artwork_url: WebAddress | Literal[""] | None = None
    show_title: Name | None = None
    host_name: Name | None = None
    show_type: ShowType | None = None


class LinkMatch(Payload, frozen=True, kw_only=True):
    """`matchId: null` unlinks."""

    channel_id: Id
    match_id: Id | None


class SendInteraction(Payload, frozen=True, kw_only=True):
    channel_id: Id
    type: Literal["like", "favorite", "share", "reaction"]
    emoji: Emoji | None = None


class Heartbeat(Payload, frozen=True, kw_only=True):
    sent_at: float | None = None


# What the server answers and sends


class Metadata(Reply, frozen=True, kw_only=True):
    """What is on air, and the moment it belongs to."""

    channel_id: str
    stream_id: str
    show_title: str
    host_name: str
    show_type: str
    at: Instant
    track_name: str | None = None
    artist_name: str | None = None
    album: str | None = None
    artwork_url: str | None = None


class ListenerCount(Reply, frozen=True, kw_only=True):
    """`count` pages that have sound and separate players; `unique` people among them; `watching` pages without sound.

    The station's own studio pages are in none of them.
    """

    channel_id: str
    count: int
    unique: int
    watching: int


class StreamInfo(Reply, frozen=True, kw_only=True):
    """A stream that is on air."""

    stream_id: str
    started_at: Instant
    started_by: Literal["manual", "source"]
    source_connected: bool
    match_id: str | None = None


class ChannelInfo(Reply, frozen=True, kw_only=True):
    """A channel as everybody sees it."""

    id: str
    slug: str
    name: str
    description: str
    language: str
    owner_id: str
    live: bool
    created_at: Instant
    artwork_url: str | None = None


class Source(Reply, frozen=True, kw_only=True):
    """What broadcasting software needs; only the owner sees it."""

    host: str
    port: int
    mount: str
    password: str


class InteractionCounts(Reply, frozen=True, kw_only=True):
    """Totals of this stream, and the emoji that came in the last interval."""

    channel_id: str
    likes: int
    favorites: int
    shares: int
    reactions: int
    recent: dict[str, int]


class ActiveStream(Reply, frozen=True, kw_only=True):
    channel_id: str
    slug: str
    name: str
    stream_id: str
    metadata: Metadata
    started_at: Instant
    listeners: int
    match_id: str | None = None


class ActiveStreams(Reply, frozen=True, kw_only=True):
    """All streams on air; `offset` is the place in the event history that this state belongs to."""

    items: list[ActiveStream]
    offset: str


class StreamStarted(Reply, frozen=True, kw_only=True):
    """All that a snapshot says of the stream, so that snapshot and events agree; counts of a new stream begin at 0."""

    channel_id: str
    stream_id: str
    metadata: Metadata
    started_at: Instant
    started_by: Literal["manual", "source"]
    source_connected: bool


class StreamStopped(Reply, frozen=True, kw_only=True):
    channel_id: str
    stream_id: str
    ended_at: Instant
    reason: str


class StreamOffline(Reply, frozen=True, kw_only=True):
    """`resumable`: the source was lost, the show goes on."""

    channel_id: str
    stream_id: str
    reason: str
    resumable: bool
    at: Instant
    ended_at: Instant | None = None


class MatchLink(Reply, frozen=True, kw_only=True):
    """The match beside the sound, or null for none."""

    channel_id: str
    match: msgspec.Raw | None
    at: Instant


class StreamStartedReply(Reply, frozen=True, kw_only=True):
    stream_id: str
    started_at: Instant


class StreamStoppedReply(Reply, frozen=True, kw_only=True):
    stream_id: str
    ended_at: Instant


class HeartbeatReply(Reply, frozen=True, kw_only=True):
    """`serverTime` in Unix milliseconds, with a fraction: clients set their clock by it."""

    server_time: float
    sent_at: float | None = None


class SourceRefusal(Reply, frozen=True, kw_only=True):
    """Broadcasting software that was not let in or was thrown out; only the owner hears of it.

    `reason` is a sentence for people, `code` a word for programs (`password`, `in_use`, `stopped`, `format`, `request`,
    `too_many_tries`, `full`); `count`: how often in a row, the last time `at`.
    """

    channel_id: str
    at: Instant
    code: str
    reason: str
    address: str
    client: str
    count: int


class SourceRefusals(Reply, frozen=True, kw_only=True):
    """Newest first."""

    items: list[SourceRefusal]


STREAMS_ACTIVE = ServerEvent("streams:active", ActiveStreams, Policy.LATEST_WINS, "All streams on air.")
STREAM_STARTED = ServerEvent("stream:started", StreamStarted, Policy.RECOVERABLE, "A channel went on air.")
STREAM_STOPPED = ServerEvent("stream:stopped", StreamStopped, Policy.RECOVERABLE, "A channel went off air.")
STREAM_LIVE = ServerEvent(
    "stream:live", StreamStarted, Policy.RECOVERABLE, "This channel is on air, or its source is back."
)
STREAM_OFFLINE = ServerEvent(
    "stream:offline", StreamOffline, Policy.RECOVERABLE, "This channel lost its source or ended."
)
STREAM_METADATA = ServerEvent("stream:metadata", Metadata, Policy.RECOVERABLE, "What is on air changed.")
STREAM_MATCH = ServerEvent("stream:match", MatchLink, Policy.RECOVERABLE, "The match beside the sound changed.")
SOURCE_REFUSED = ServerEvent(
    "source:refused", SourceRefusal, Policy.LATEST_WINS, "A source was refused; sent to the owner's studio pages."
)
STREAM_LISTENERS = ServerEvent(
    "stream:listeners", ListenerCount, Policy.LATEST_WINS, "Listeners, at most once a second."
)
INTERACTION_COUNTS = ServerEvent(
    "interaction:counts", InteractionCounts, Policy.LATEST_WINS, "Reactions, at most twice a second."
)


# REST


class CreateChannel(Payload, frozen=True, kw_only=True):
    slug: Slug
    name: Name
    description: Lines = ""
    language: Language = "en"
    artwork_url: WebAddress | None = None
    auto_live: bool = True
    owner_id: Id | None = None


class UpdateChannel(Payload, frozen=True, kw_only=True):
    name: Name | None = None
    description: Lines | None = None
    language: Language | None = None
    artwork_url: WebAddress | Literal[""] | None = None
    auto_live: bool | None = None


class ChannelDetail(ChannelInfo, frozen=True, kw_only=True):
    """A channel with what its owner and admins see; `source` is the owner's alone."""

    auto_live: bool | None = None
    source: Source | None = None


class StreamRecord(Reply, frozen=True, kw_only=True):
    """A stream, on air or past."""

    id: str
    channel_id: str
    show_title: str
    host_name: str
    show_type: str
    started_at: Instant
    started_by: str
    peak_listeners: int
    peak_unique: int
    ended_at: Instant | None = None
    end_reason: str | None = None
    match_id: str | None = None


class TrackRecord(Reply, frozen=True, kw_only=True):
    """One line of a channel's track history."""

    id: str
    stream_id: str
    at: Instant
    track_name: str | None = None
    artist_name: str | None = None
    album: str | None = None
    artwork_url: str | None = None


class NowPlaying(Reply, frozen=True, kw_only=True):
    """The state of a channel for players and widgets."""

    channel: ChannelInfo
    listeners: ListenerCount
    stream: StreamInfo | None = None
    metadata: Metadata | None = None
