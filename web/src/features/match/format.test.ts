import { describe, expect, it } from "vitest";
import { matchEvent } from "../../contracts/event.testing";
import type { Match, MatchEvent, MatchPeriod } from "../../contracts/generated";
import { tennisScore } from "../../sports/tennis/words";
import {
  aggregateText,
  changeText,
  feedNews,
  isTold,
  markOf,
  periodName,
  runningClock,
  sentence,
  spokenScore,
  statedText,
  statusText,
  tell,
} from "./format";

function event(
  type: string,
  detail: Record<string, unknown> = {},
  more: Partial<MatchEvent> = {},
): MatchEvent {
  return matchEvent({ type, detail, ...more });
}

function match(more: Partial<Match>): Match {
  return {
    id: "m",
    sport: "basketball",
    competition: { id: "c", name: "League" },
    scheduledAt: 0,
    competitors: [],
    status: "live",
    periods: [],
    seq: 1,
    version: 1,
    updatedAt: 100_000,
    externalIds: {},
    ...more,
  };
}

describe("what is known besides the score", () => {
  const sides = ["red", "blue"].map((id) => ({ id }));
  const match = (more: object) => ({ competitors: sides, ...more }) as unknown as Match;

  it("shows both legs, and that a score is only stated", () => {
    expect(aggregateText(match({}))).toBeNull();
    expect(aggregateText(match({ aggregate: { blue: 2, red: 3 } }))).toBe("Aggregate 3-2");
    expect(statedText(match({}))).toBeNull();
    expect(statedText(match({ stated: { provider: "espn" } }))).toMatch(/^Score as stated by ESPN/);
  });

  it("marks wickets without a ball, and nobody who only retired hurt", () => {
    const marked = (type: string, kind: string) =>
      markOf("cricket", { type, detail: { wickets: [{ kind }] } }).text;
    expect(marked("wicket", "timed out")).toBe("W");
    expect(marked("wicket", "Retired Hurt")).toBe("");
    expect(marked("ball", "absent hurt")).not.toBe("W");
  });
});

describe("marks", () => {
  it.each([
    [{ batterRuns: 0 }, "•"],
    [{ batterRuns: 4 }, "4"],
    [{ batterRuns: 0, extras: { wides: 1 } }, "wd"],
    [{ batterRuns: 1, extras: { noballs: 1 } }, "nb"],
    [{ batterRuns: 0, extras: { legbyes: 2 } }, "2b"],
    [{ batterRuns: 1, wickets: [{ kind: "run out" }] }, "W"],
    [{}, "•"],
  ])("writes the ball %j as %s", (detail, text) => {
    expect(markOf("cricket", event("ball", detail)).text).toBe(text);
  });

  it("counts four and six only as boundaries when they were hit", () => {
    expect(markOf("cricket", event("ball", { batterRuns: 4 })).key).toBe(true);
    expect(markOf("cricket", event("ball", { batterRuns: 4, nonBoundary: true })).key).toBe(false);
  });

  it("marks baskets by their points and misses not at all", () => {
    expect(markOf("basketball", event("shot", { made: true, points: 3 })).text).toBe("+3");
    expect(markOf("basketball", event("free_throw", { made: true })).text).toBe("+1");
    expect(markOf("basketball", event("shot", { made: false, points: 3 })).text).toBe("");
  });
});

it("tells a withdrawn goal, but not a withdrawn pass", () => {
  expect(isTold("football", event("goal", {}, { op: "delete" }))).toBe(true);
  expect(
    isTold("football", event("pass", {}, { op: "delete", commentary: [{ lang: "en", text: "Pass" }] })),
  ).toBe(false);
});

it("tells an event in the reader's language, without the clock that stands beside it", () => {
  const commentary = [
    { lang: "en", text: "48' Corner" },
    { lang: "pt-BR", text: "48' Escanteio" },
  ];
  const corner = event("corner", {}, { commentary, clock: { display: "48'" } });
  expect(tell("football", corner, ["pt"])).toBe("Escanteio");
  expect(tell("football", corner, ["ja", "en-GB"])).toBe("Corner");
  expect(tell("football", event("penalty_missed"), ["en"])).toBe("Penalty missed");
});

it("names periods as each sport does", () => {
  const periods: MatchPeriod[] = [1, 2, 3, 4].map((number) => ({
    number,
    type: number < 3 ? "regular" : "overtime",
    scores: {},
  }));
  const names = (sport: Match["sport"]) => {
    const game = match({ sport, periods });
    return periods.map((period) => periodName(game, period));
  };
  expect(names("football")).toEqual(["1st", "2nd", "ET1", "ET2"]);
  expect(names("basketball")).toEqual(["Q1", "Q2", "OT", "2OT"]);
});

it("moves a countdown on, and leaves an old one as it was stated", () => {
  const clock = {
    period: 3,
    direction: "down" as const,
    running: true,
    display: "Q3 04:12",
    remainingS: 252,
  };
  expect(runningClock(match({ clock }), 105_000)).toBe("Q3 04:07");
  expect(runningClock(match({ clock }), 300_000)).toBeNull();
  expect(runningClock(match({ clock: { ...clock, running: false } }), 105_000)).toBeNull();
});

it("says where a match stands", () => {
  const clock = { period: 1, direction: "none" as const, running: true, display: "49.3" };
  expect(statusText(match({ sport: "cricket", clock }))).toBe("49.3 ov");
  expect(statusText(match({ sport: "football", status: "break", statusDetail: "Half-time" }))).toBe(
    "Half-time",
  );
  expect(statusText(match({ sport: "football", status: "ended", statusDetail: "Full time" }))).toBe(
    "Full time",
  );
});

const SIDES = ["a", "b"].map((id) => ({
  id,
  name: id.toUpperCase(),
  abbreviation: id,
  type: "team" as const,
  score: 0,
  scoreDisplay: "0",
}));

it("says where the score comes from only where there is a feed, and how old it is only while it is played", () => {
  const feed = { provider: "espn", stale: false, updatedAt: 90_000 };
  expect(feedNews(match({}), 100_000)).toBeNull();
  expect(feedNews(match({ feed }), 102_500)).toEqual({ state: "live", provider: "ESPN", ageS: 12 });
  expect(feedNews(match({ feed: { ...feed, stale: true } }), 0)).toEqual({
    state: "silent",
    provider: "ESPN",
    since: 90_000,
  });
  expect(feedNews(match({ feed: { ...feed, stale: true }, status: "ended" }), 0)).toEqual({
    state: "from",
    provider: "ESPN",
  });
  expect(feedNews(match({ feed, status: "scheduled" }), 0)?.state).toBe("from");
});

it("tells a correction as a score, or by the side that changed", () => {
  const goals = match({ sport: "football", competitors: SIDES });
  expect(changeText(goals, { a: "2", b: "1" }, { a: "1", b: "1" })).toBe("2-1 → 1-1");
  expect(changeText(goals, { a: "2 (3)", b: "1 (2)" }, { a: "1 (3)", b: "1 (2)" })).toBe("2-1 → 1-1");
  expect(changeText(goals, { a: "1 (3)", b: "1 (2)" }, { a: "1 (2)", b: "1 (2)" })).toBe(
    "1 (3)-1 (2) → 1 (2)-1 (2)",
  );
  const runs = match({ sport: "cricket", competitors: SIDES });
  expect(changeText(runs, { a: "155/6", b: "12/0" }, { a: "151/6", b: "12/0" })).toBe("A 155/6 → 151/6");
});

const innings: MatchPeriod = {
  number: 1,
  type: "innings",
  scores: {},
  detail: { runs: 40, wickets: 0, overs: "5", battingId: "a", declared: false },
};

it("speaks of the side that bats, and of both where both score", () => {
  const clock = { period: 1, direction: "none" as const, running: true, display: "5" };
  const cricket = match({ sport: "cricket", competitors: SIDES, periods: [innings], clock });
  expect(spokenScore(cricket)).toBe("A 40 for 0");
  expect(spokenScore(match({ competitors: SIDES }))).toBe("A 0, B 0");
});

it("says why nothing is played", () => {
  expect(sentence(match({ status: "postponed", statusDetail: "Waterlogged pitch" }))).toBe(
    "Waterlogged pitch",
  );
  expect(isTold("football", event("status", { status: "interrupted", text: "Floodlight failure" }))).toBe(
    true,
  );
  expect(
    tell("football", event("status", { status: "interrupted", text: "Floodlight failure" }), ["en"]),
  ).toBe("Floodlight failure");
  expect(isTold("football", event("period_start"))).toBe(false);
});

it("gives tennis the points of the game, and the games where one was won", () => {
  const tennis = match({ sport: "tennis", competitors: SIDES });
  const playing = event("point", {}, { scoreAfter: { a: "6 3 · 40", b: "6(4) 2 · Ad" } });
  const won = event("point", {}, { scoreAfter: { a: "6 4", b: "6(4) 2" } });
  expect(tennisScore(tennis, playing)).toBe("40-Ad");
  expect(tennisScore(tennis, won)).toBe("4-2");
  expect([markOf("tennis", playing).text, markOf("tennis", won).text]).toEqual(["", "Game"]);
  expect(
    statusText(
      match({
        sport: "tennis",
        status: "ended",
        statusDetail: "A beat B 6-0",
        outcome: { text: "A beat B 6-0" },
      }),
    ),
  ).toBe("Final");
});
