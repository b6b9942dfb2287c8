import { describe, expect, it } from "vitest";
import { matchEvent } from "../contracts/event.testing";
import type { Match, MatchEvent, MatchSnapshot, ScoreChange } from "../contracts/generated";
import { EVENT_BOUND, emptyMatch, type IsCharted, type MatchState, matchReducer } from "./match";

function match(seq: number, home = 0, version = seq): Match {
  const side = { type: "team" as const, score: 0, scoreDisplay: "0" };
  return {
    id: "m",
    sport: "football",
    competition: { id: "wc", name: "Cup" },
    scheduledAt: 0,
    competitors: [
      { ...side, id: "h", name: "Home", abbreviation: "HOM", score: home, scoreDisplay: String(home) },
      { ...side, id: "a", name: "Away", abbreviation: "AWY" },
    ],
    status: "live",
    periods: [],
    seq,
    version,
    updatedAt: 0,
    externalIds: {},
  };
}

function event(seq: number, more: Partial<MatchEvent> = {}): MatchEvent {
  const key = String(seq).padStart(6, "0");
  return matchEvent({
    eventId: `e${key}`,
    seq,
    orderKey: key,
    type: "shot",
    provider: "test",
    commentary: [{ lang: "en", text: `event ${seq}` }],
    ...more,
  });
}

function snapshot(...events: MatchEvent[]): MatchSnapshot {
  const newestFirst = [...events].sort((a, b) => b.seq - a.seq);
  const seq = newestFirst[0]?.seq ?? 0;
  return { match: match(seq), events: newestFirst, seq, offset: "o" };
}

function following(state: MatchState, ...events: MatchEvent[]): MatchState {
  return events.reduce((next, item) => matchReducer(next, { type: "event", event: item }), state);
}

const loaded = (...events: MatchEvent[]) =>
  matchReducer(emptyMatch, { type: "snapshot", snapshot: snapshot(...events) });
const seqs = (state: MatchState) => state.events.map((item) => item.seq);

describe("match", () => {
  it("comes by events to the same state as a new snapshot", () => {
    const all = [event(1), event(2), event(3), event(4)];
    const early = loaded(...all.slice(0, 2));
    const followed = matchReducer(following(early, ...all.slice(2)), { type: "updated", match: match(4) });
    const fresh = loaded(...all);
    expect(followed.events).toEqual(fresh.events);
    expect(followed.match).toEqual(fresh.match);
    expect(matchReducer(followed, { type: "snapshot", snapshot: snapshot(...all) }).events).toEqual(
      fresh.events,
    );
  });

  it("changes nothing when an event comes again", () => {
    const state = loaded(event(1), event(2));
    expect(following(state, event(2), event(1))).toBe(state);
  });

  it("ignores a state of the match that is older than the one shown", () => {
    const now = matchReducer(emptyMatch, { type: "updated", match: match(7, 2) });
    expect(matchReducer(now, { type: "updated", match: match(6, 1) })).toBe(now);
    expect(matchReducer(now, { type: "updated", match: match(7, 2) })).toBe(now);
    expect(matchReducer(now, { type: "updated", match: match(7, 1, 8) }).match?.competitors[0]?.score).toBe(
      1,
    );
    expect(matchReducer(now, { type: "snapshot", snapshot: snapshot(event(3)) }).match).toBe(now.match);
  });

  it("replaces an event by its newer revision where it stands", () => {
    const update = event(3, {
      eventId: "e000001",
      orderKey: "000001",
      revision: 1,
      op: "update",
      type: "goal",
    });
    const state = following(loaded(event(1), event(2)), update);
    expect(seqs(state)).toEqual([2, 3]);
    expect(state.events[1]?.type).toBe("goal");
    expect(following(state, event(1))).toBe(state);
  });

  it("keeps a deleted event as a tombstone", () => {
    const gone = event(3, { eventId: "e000002", orderKey: "000002", revision: 1, op: "delete" });
    const state = following(loaded(event(1), event(2)), gone);
    expect(state.events.map((item) => item.op)).toEqual(["delete", "add"]);
    expect(following(state, event(2))).toBe(state);
  });

  it("puts an event of the past into its place", () => {
    const state = following(loaded(event(1), event(5)), event(6, { orderKey: "000003" }));
    expect(seqs(state)).toEqual([5, 6, 1]);
  });

  it("reads later periods after earlier ones, whatever their keys", () => {
    const state = loaded(event(1, { orderKey: "900" }), event(2, { period: 2, orderKey: "100" }));
    expect(seqs(state)).toEqual([2, 1]);
  });

  it("leaves what lies below the loaded part to its page", () => {
    const state = loaded(event(5), event(6));
    expect(following(state, event(7, { orderKey: "000002" }))).toBe(state);
    const page = { items: [event(4), event(3), event(7, { orderKey: "000002" })] };
    const full = matchReducer(state, { type: "older", page });
    expect(full.next).toBeNull();
    expect(seqs(full)).toEqual([6, 5, 4, 3, 7]);
  });

  it("keeps older pages over a new snapshot only if no gap is between", () => {
    const state = matchReducer(loaded(event(5), event(6)), {
      type: "older",
      page: { items: [event(4), event(3)], next: "e000003" },
    });
    const joined = matchReducer(state, { type: "snapshot", snapshot: snapshot(event(6), event(7)) });
    expect(seqs(joined)).toEqual([7, 6, 5, 4, 3]);
    expect(joined.next).toBe("e000003");
    const gap = matchReducer(state, { type: "snapshot", snapshot: snapshot(event(9), event(10)) });
    expect(seqs(gap)).toEqual([10, 9]);
    expect(gap.next).toBeUndefined();
  });

  it("remembers corrections once, newest first", () => {
    const change = (seq: number): ScoreChange => ({
      matchId: "m",
      eventId: "e",
      from: { h: "2" },
      to: { h: "1" },
      reason: "VAR",
      seq,
      at: 0,
    });
    const state = [change(4), change(9), change(4)].reduce(
      (next, item) => matchReducer(next, { type: "corrected", change: item }),
      emptyMatch,
    );
    expect(state.corrections.map((item) => item.seq)).toEqual([9, 4]);
  });

  it("knows that a snapshot is the whole match when it holds as many events as were numbered", () => {
    expect(loaded(event(1), event(2)).next).toBeNull();
    expect(loaded(event(2), event(3)).next).toBeUndefined();
    expect(loaded().next).toBeNull();
  });

  it("stays bounded", () => {
    const items = Array.from({ length: EVENT_BOUND + 5 }, (_, n) => event(n + 1));
    const state = matchReducer(emptyMatch, { type: "older", page: { items } });
    expect(state.events).toHaveLength(EVENT_BOUND);
    expect(state.events[0]?.seq).toBe(EVENT_BOUND + 5);
  });
});

describe("scores after a correction", () => {
  const line = (seq: number, home: string) => event(seq, { scoreAfter: { h: home, a: "0" } });
  const rescored = (more: boolean, ...lines: MatchEvent[]) => ({
    type: "rescored" as const,
    rescored: { matchId: "m", events: lines, more, seq: 9, at: 0 },
  });

  it("are put right", () => {
    const state = matchReducer(
      loaded(line(1, "1"), line(2, "2"), line(3, "3")),
      rescored(false, line(3, "2"), event(2)),
    );
    expect(state.events.map((item) => item.scoreAfter?.h)).toEqual(["2", undefined, "1"]);
  });

  it("drop earlier lines that were not told", () => {
    const state = matchReducer(
      loaded(line(1, "1"), line(2, "2"), line(3, "3")),
      rescored(true, line(3, "2"), line(2, "1")),
    );
    expect(seqs(state)).toEqual([3, 2]);
    expect(state.next).toBeUndefined();
  });

  it("come with a newer snapshot too", () => {
    const state = matchReducer(loaded(line(1, "1"), line(2, "2")), {
      type: "snapshot",
      snapshot: snapshot(line(1, "0"), line(2, "1")),
    });
    expect(state.events.map((item) => item.scoreAfter?.h)).toEqual(["1", "0"]);
  });
});

describe("the course of a match", () => {
  const goal = (seq: number, more: Partial<MatchEvent> = {}) =>
    event(seq, { type: "goal", orderKey: String(seq * 10).padStart(6, "0"), ...more });
  const isCharted: IsCharted = ({ type, detail }) =>
    type === "goal" || (type === "shot" && detail.made === true);
  const reading = (state: MatchState) => matchReducer(state, { type: "reading", isCharted });
  const read = (state: MatchState, seq: number, ...events: MatchEvent[]) =>
    matchReducer(reading(state), {
      type: "course",
      epoch: state.epoch,
      timeline: { matchId: "m", seq, events },
    });
  const ids = (state: MatchState) => state.course?.events.map(({ eventId }) => eventId);

  it("is what was read, with what came while it was read", () => {
    const state = following(reading(loaded(event(1))), goal(2), goal(4));
    expect(state.course).toBeNull();
    expect(ids(read(state, 2, goal(2)))).toEqual(["e000002", "e000004"]);
    expect(ids(following(read(state, 2, goal(2)), goal(4), goal(5)))).toEqual([
      "e000002",
      "e000004",
      "e000005",
    ]);
  });

  it("takes in what happened further back than the commentary is loaded", () => {
    const state = read(loaded(event(50), event(51)), 51, goal(1), goal(3));
    const earlier = goal(52, { eventId: "late", orderKey: "000020" });
    expect(ids(following(state, earlier))).toEqual(["e000001", "late", "e000003"]);
    const withdrawn = following(state, goal(53, { eventId: "e000001", op: "delete", revision: 1 }));
    expect(ids(withdrawn)).toEqual(["e000003"]);
    expect(ids(following(state, goal(53, { eventId: "e000003", confirmation: "cancelled" })))).toEqual([
      "e000001",
    ]);
  });

  it("leaves out what charts do not draw: fouls, and shots that missed", () => {
    const state = read(loaded(event(1)), 1);
    const missed = event(2, { type: "shot", detail: { made: false } });
    expect(following(state, missed, event(3, { type: "foul" })).course?.events).toEqual([]);
    const made = event(2, { type: "shot", detail: { made: true } });
    const corrected = event(4, { ...missed, op: "update", revision: 1, seq: 4 });
    expect(following(state, made).course?.events).toHaveLength(1);
    expect(following(state, made, corrected).course?.events).toEqual([]);
  });

  it("has the scores after a correction, and is read again where more of them changed than are told", () => {
    const state = read(loaded(event(1)), 2, goal(2));
    const rescored = { matchId: "m", seq: 3, at: 0, more: false };
    const line = { provider: "test", eventId: "e000002", scoreAfter: { h: "0" } };
    const after = matchReducer(state, { type: "rescored", rescored: { ...rescored, events: [line] } });
    expect(after.course?.events[0]?.scoreAfter).toEqual({ h: "0" });
    expect(after.epoch).toBe(state.epoch);
    const many = matchReducer(state, {
      type: "rescored",
      rescored: { ...rescored, more: true, events: [line] },
    });
    expect(many.epoch).toBe(state.epoch + 1);
  });
});

it("says that a match was withdrawn", () => {
  const state = matchReducer(loaded(event(1)), { type: "deleted" });
  expect([state.deleted, state.match?.id]).toEqual([true, "m"]);
});
