import { describe, expect, it } from "vitest";
import type { Match, TimelineEvent } from "../../contracts/generated";
import { fallsOf, gamesOf, inningsOf, leadOf, placeOf, stretchesOf } from "./course";
import { marksOf, scorersOf } from "./moments";

let count = 0;

function event(type: string, more: Partial<TimelineEvent> = {}): TimelineEvent {
  count += 1;
  return {
    provider: "p",
    eventId: `e${count}`,
    seq: count,
    orderKey: String(count).padStart(6, "0"),
    type,
    period: 1,
    detail: {},
    players: [],
    competitorId: "h",
    ...more,
  };
}

function match(sport: Match["sport"], more: Partial<Match> = {}): Match {
  const side = { type: "team" as const, score: 0, scoreDisplay: "0" };
  return {
    id: "m",
    sport,
    competition: { id: "c", name: "Cup" },
    scheduledAt: 0,
    competitors: [
      { ...side, id: "h", name: "Home", abbreviation: "HOM" },
      { ...side, id: "a", name: "Away", abbreviation: "AWY" },
    ],
    status: "live",
    periods: [],
    seq: 1,
    version: 1,
    updatedAt: 0,
    externalIds: {},
    ...more,
  };
}

const minute = (period: number, playedS: number, display = "") =>
  event("goal", { period, clock: { display, playedS } });

describe("football", () => {
  it("gives stoppage room of its own, so that nothing of two halves overlaps", () => {
    const late = minute(1, 47.5 * 60);
    const early = minute(2, 60);
    const stretches = stretchesOf(match("football"), [late, early]);
    expect(stretches.map(({ start, length }) => [start, length])).toEqual([
      [0, 48],
      [48, 45],
    ]);
    expect(placeOf(stretches, late)).toBe(47.5);
    expect(placeOf(stretches, early)).toBe(49);
    expect(placeOf(stretches, event("goal"))).toBeNull();
  });

  it("has extra time only where it is played", () => {
    expect(stretchesOf(match("football"), [minute(3, 60)])).toHaveLength(3);
    expect(stretchesOf(match("football"), [])).toHaveLength(2);
  });

  it("puts the goals of one player together, own goals and penalties told", () => {
    const by = (name: string, role = "scorer") => [{ id: name, role, name }];
    const goals = [
      event("goal", { clock: { display: "12'" }, players: by("Moss") }),
      event("goal", {
        clock: { display: "30'" },
        players: by("Hobb", "own_goal"),
        detail: { ownGoal: true },
      }),
      event("goal", { clock: { display: "45+2'" }, players: by("Moss"), detail: { penalty: true } }),
      event("goal", { competitorId: "a", clock: { display: "50'" }, players: by("Vane") }),
    ];
    expect(scorersOf(goals, "h")).toEqual([
      { name: "Moss", goals: ["12'", "45+2' (pen)"] },
      { name: "Hobb", goals: ["30' (own goal)"] },
    ]);
  });

  it("marks an own goal at the player of the side that it was against", () => {
    const own = event("goal", { players: [{ id: "x", role: "own_goal" }], detail: { ownGoal: true } });
    expect(marksOf([own], match("football"), "a").get("x")?.ownGoals).toBe(1);
    expect(marksOf([own], match("football"), "h").size).toBe(0);
  });
});

describe("cricket", () => {
  const ball = (over: number, detail: Record<string, unknown>, more: Partial<TimelineEvent> = {}) =>
    event("ball", { detail: { over, ...detail }, clock: { display: `${over}.1` }, ...more });
  const out = { wickets: [{ kind: "caught" }] };
  const balls = [
    ball(0, { batterRuns: 4 }),
    ball(0, { batterRuns: 0, extras: { wides: 2 } }),
    ball(0, out, { players: [{ id: "x", role: "player_out", name: "Ann" }] }),
    ball(1, { batterRuns: 6 }),
    ball(1, { wickets: [{ kind: "retired hurt" }] }),
    event("penalty_runs", { detail: { runs: 5 } }),
  ];

  it("adds up overs, with extras and penalties, and counts nobody who only retired hurt", () => {
    expect(inningsOf(balls)).toEqual([
      {
        period: 1,
        sideId: "h",
        overs: [
          { number: 1, runs: 6, wickets: 1, total: 6, down: 1 },
          { number: 2, runs: 11, wickets: 0, total: 17, down: 1 },
        ],
      },
    ]);
  });

  it("tells at which score wickets fell", () => {
    expect(fallsOf(balls, 1)).toEqual([{ wicket: 1, runs: 6, name: "Ann", over: "0.1" }]);
    expect(fallsOf(balls, 2)).toEqual([]);
  });
});

it("follows the lead of a basketball match over its quarters and overtimes", () => {
  const basket = (period: number, remainingS: number, h: number, a: number) =>
    event("shot", { period, clock: { display: "", remainingS }, scoreAfter: { h: String(h), a: String(a) } });
  const periods = [1, 2, 3, 4, 5].map((number) => ({
    number,
    type: number > 4 ? ("overtime" as const) : ("regular" as const),
    scores: {},
  }));
  const chart = leadOf(match("basketball", { periods }), [
    basket(1, 700, 2, 0),
    basket(1, 600, 2, 3),
    basket(4, 10, 5, 3),
    basket(5, 290, 5, 6),
  ]);
  expect(chart.periods.map(({ length }) => length)).toEqual([720, 720, 720, 720, 300]);
  expect(chart.points.at(-1)).toEqual({ at: 4 * 720 + 10, home: 5, away: 6 });
  expect(chart.changes).toBe(3);
  expect(chart.most).toEqual({ home: 2, away: 1 });
});

describe("tennis", () => {
  const point = (winner: string, h: string, a: string, serverId?: string, period = 1) =>
    event("point", {
      competitorId: winner,
      period,
      scoreAfter: { h, a },
      detail: serverId === undefined ? {} : { serverId },
    });

  it("parts points into games, and tells breaks from the turns of serving", () => {
    const games = gamesOf(match("tennis"), [
      point("h", "0 · 15", "0 · 0", "h"),
      point("h", "1", "0"),
      point("h", "1 · 15", "0 · 0"),
      point("a", "1 · 15", "0 · 15"),
      point("h", "2", "0"),
      point("a", "2 · 0", "0 · 15"),
    ]);
    expect(
      games.map(({ winnerId, serverId, points, games: after }) => [winnerId, serverId, points, after]),
    ).toEqual([
      ["h", "h", { h: 2 }, { h: 1, a: 0 }],
      ["h", "a", { h: 2, a: 1 }, { h: 2, a: 0 }],
    ]);
  });

  it("knows a tie-break by its games, a match tie-break by its points", () => {
    const found = gamesOf(match("tennis"), [
      point("h", "6 · 6", "6 · 4"),
      point("h", "7", "6(4)"),
      point("a", "7 0", "6(4) 1", undefined, 2),
      point("a", "7 0 · 4", "6(4) 6 · 9", undefined, 3),
      point("a", "7 0 4", "6(4) 6 10", undefined, 3),
    ]);
    expect(found.map(({ tieBreak, set }) => [set, tieBreak]).slice(0, 2)).toEqual([
      [1, true],
      [2, false],
    ]);
    expect(found.at(-1)).toMatchObject({ set: 3, tieBreak: true, winnerId: "a" });
  });
});
