import { describe, expect, it } from "vitest";
import type { Metadata, StreamSnapshot } from "../contracts/generated";
import {
  type ChannelEvent,
  type ChannelState,
  channelReducer,
  emptyChannel,
  fromSnapshot,
  isComplete,
} from "./channel";

const metadata: Metadata = {
  channelId: "c",
  streamId: "s1",
  showTitle: "Match day",
  hostName: "Ann",
  showType: "live",
  at: 100,
};

function snapshot(more: Partial<StreamSnapshot> = {}): StreamSnapshot {
  return {
    channel: {
      id: "c",
      slug: "one",
      name: "One",
      description: "",
      language: "en",
      ownerId: "o",
      live: true,
      createdAt: 1,
    },
    stream: { streamId: "s1", startedAt: 100, startedBy: "source", sourceConnected: true },
    metadata,
    listeners: { channelId: "c", count: 3, unique: 2, watching: 1 },
    interactions: { channelId: "c", likes: 0, favorites: 0, shares: 0, reactions: 0, recent: {} },
    chat: { recent: [], settings: { maxLength: 500, slowModeSeconds: 0, membersOnly: false } },
    offset: "o",
    ...more,
  };
}

const live = fromSnapshot(emptyChannel, snapshot());
const following = (state: ChannelState, ...events: ChannelEvent[]) => events.reduce(channelReducer, state);

describe("channel", () => {
  it("does nothing before its snapshot, nor for another channel", () => {
    const listeners = { channelId: "c", count: 9, unique: 9, watching: 0 };
    expect(following(emptyChannel, { event: "stream:listeners", payload: listeners })).toBe(emptyChannel);
    const other = { ...listeners, channelId: "d" };
    expect(following(live, { event: "stream:listeners", payload: other })).toBe(live);
  });

  it("goes on and off air as a new snapshot would say", () => {
    const { stream: _s, metadata: _m, ...rest } = snapshot();
    const off = fromSnapshot(emptyChannel, { ...rest, channel: { ...rest.channel, live: false } });
    const started = {
      channelId: "c",
      streamId: "s1",
      metadata,
      startedAt: 100,
      startedBy: "source",
      sourceConnected: true,
    } as const;
    const on = following(off, { event: "stream:live", payload: started });
    expect(on.channel?.live).toBe(true);
    expect(on.stream).toMatchObject({ streamId: "s1", startedAt: 100 });
    expect(on.metadata).toEqual(metadata);
    const ended = {
      channelId: "c",
      streamId: "s1",
      reason: "stopped",
      resumable: false,
      at: 200,
      endedAt: 200,
    };
    const again = following(on, { event: "stream:offline", payload: ended });
    expect(again).toEqual({ ...off, ended: { at: 200, reason: "stopped" } });
    expect(following(again, { event: "stream:offline", payload: ended })).toBe(again);
  });

  it("goes on while only the source is lost", () => {
    const lost = { channelId: "c", streamId: "s1", reason: "source_lost", resumable: true, at: 200 };
    const state = following(live, { event: "stream:offline", payload: lost });
    expect(state.stream?.sourceConnected).toBe(false);
    expect(state.channel?.live).toBe(true);
    const back = {
      channelId: "c",
      streamId: "s1",
      metadata,
      startedAt: 100,
      startedBy: "source",
      sourceConnected: true,
    } as const;
    expect(following(state, { event: "stream:live", payload: back })).toEqual(live);
  });

  it("ignores the end of a stream that is not the present one", () => {
    const old = { channelId: "c", streamId: "s0", reason: "stopped", resumable: false, at: 50 };
    expect(following(live, { event: "stream:offline", payload: old })).toBe(live);
  });

  it("keeps the newer of two titles", () => {
    const newer = { ...metadata, trackName: "Anthem", at: 300 };
    const older = { ...metadata, trackName: "Old", at: 200 };
    const state = following(
      live,
      { event: "stream:metadata", payload: newer },
      { event: "stream:metadata", payload: older },
    );
    expect(state.metadata?.trackName).toBe("Anthem");
  });

  it("knows at once whether sound comes with the show", () => {
    const { stream: _s, metadata: _m, ...rest } = snapshot();
    const off = fromSnapshot(emptyChannel, { ...rest, channel: { ...rest.channel, live: false } });
    const started = { channelId: "c", streamId: "s1", metadata, startedAt: 100 };
    const silent = { ...started, startedBy: "manual", sourceConnected: false } as const;
    const on = following(off, { event: "stream:live", payload: silent });
    expect(on.stream).toEqual({
      streamId: "s1",
      startedAt: 100,
      startedBy: "manual",
      sourceConnected: false,
    });
    const heard = following(on, { event: "stream:live", payload: { ...silent, sourceConnected: true } });
    expect(heard.stream?.sourceConnected).toBe(true);
  });

  it("links and unlinks a match in the order of the moments they belong to", () => {
    const unlinked = following(live, {
      event: "stream:match",
      payload: { channelId: "c", match: null, at: 500 },
    });
    const stale = { channelId: "c", match: { id: "m" } as never, at: 400 };
    expect(following(unlinked, { event: "stream:match", payload: stale }).match).toBeNull();
  });

  it("keeps what a snapshot could not read, and knows that it lacks something", () => {
    const { interactions: _i, ...rest } = snapshot({ match: { id: "m" } as never });
    const before = fromSnapshot(emptyChannel, { ...rest, interactions: snapshot().interactions });
    const { match: _m, chat: _c, ...less } = rest;
    const partly = { ...less, missing: ["match", "chat", "interactions"] };
    expect(isComplete(partly)).toBe(false);
    const after = fromSnapshot(before, partly);
    expect([after.match, after.chat, after.interactions]).toEqual([
      before.match,
      before.chat,
      before.interactions,
    ]);
    expect(isComplete(snapshot())).toBe(true);
    expect(fromSnapshot(before, snapshot()).match).toBeNull();
  });

  it("keeps the linked match over the shows, as a new snapshot has it", () => {
    const match = { id: "m" } as never;
    const { stream: _s, metadata: _m, ...rest } = snapshot();
    const off = fromSnapshot(emptyChannel, { ...rest, channel: { ...rest.channel, live: false } });
    const linked = following(off, { event: "stream:match", payload: { channelId: "c", match, at: 50 } });
    expect(linked).toMatchObject({ match: { id: "m" }, stream: null });
    const started = {
      channelId: "c",
      streamId: "s1",
      metadata,
      startedAt: 100,
      startedBy: "source",
      sourceConnected: true,
    } as const;
    const on = following(linked, { event: "stream:live", payload: started });
    const stream = { streamId: "s1", startedAt: 100, startedBy: "source", sourceConnected: true } as const;
    const fresh = snapshot({ match, stream: { ...stream, matchId: "m" } });
    expect(on).toEqual({ ...fromSnapshot(emptyChannel, fresh), matchAt: 50 });
    const ended = { channelId: "c", streamId: "s1", reason: "stopped", resumable: false, at: 9, endedAt: 9 };
    const over = following(on, { event: "stream:offline", payload: ended });
    expect(over).toMatchObject({ match: { id: "m" }, stream: null });
    const unlinked = following(on, {
      event: "stream:match",
      payload: { channelId: "c", match: null, at: 60 },
    });
    expect(unlinked.stream).not.toHaveProperty("matchId");
  });
});
