import { describe, expect, it } from "vitest";
import type { Match, MatchEvent, MatchPeriod } from "../../contracts/generated";
import { isTold, markOf, periodName, runningClock, runRate, statusText, tell, thisOver } from "./format";

function event(
  type: string,
  detail: Record<string, unknown> = {},
  more: Partial<MatchEvent> = {},
): MatchEvent {
  return {
    matchId: "m",
    eventId: "e",
    revision: 0,
    op: "add",
    seq: 1,
    orderKey: "1",
    type,
    period: 1,
    occurredAt: 0,
    receivedAt: 0,
    at: 0,
    provider: "p",
    confirmation: "confirmed",
    detail,
    players: [],
    commentary: [],
    ...more,
  };
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

const innings = (runs: number, overs: string): MatchPeriod => ({
  number: 1,
  type: "innings",
  scores: {},
  detail: { runs, wickets: 0, overs, battingId: "a", declared: false },
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
    expect(markOf(event("ball", detail)).text).toBe(text);
  });

  it("counts four and six only as boundaries when they were hit", () => {
    expect(markOf(event("ball", { batterRuns: 4 })).key).toBe(true);
    expect(markOf(event("ball", { batterRuns: 4, nonBoundary: true })).key).toBe(false);
  });

  it("marks baskets by their points and misses not at all", () => {
    expect(markOf(event("shot", { made: true, points: 3 })).text).toBe("+3");
    expect(markOf(event("free_throw", { made: true })).text).toBe("+1");
    expect(markOf(event("shot", { made: false, points: 3 })).text).toBe("");
  });
});

it("lists the balls of the present over in the order they were bowled", () => {
  const newestFirst = [
    event("ball", { over: 3, batterRuns: 1 }, { eventId: "c" }),
    event("shot", {}, { eventId: "x" }),
    event("ball", { over: 3, batterRuns: 6 }, { eventId: "b" }),
    event("ball", { over: 2 }, { eventId: "a" }),
  ];
  expect(thisOver(newestFirst).map((ball) => ball.eventId)).toEqual(["b", "c"]);
});

it("tells a withdrawn goal, but not a withdrawn pass", () => {
  expect(isTold(event("goal", {}, { op: "delete" }))).toBe(true);
  expect(isTold(event("pass", {}, { op: "delete", commentary: [{ lang: "en", text: "Pass" }] }))).toBe(false);
});

it("tells an event in the reader's language, without the clock that stands beside it", () => {
  const commentary = [
    { lang: "en", text: "48' Corner" },
    { lang: "pt-BR", text: "48' Escanteio" },
  ];
  const corner = event("corner", {}, { commentary, clock: { display: "48'" } });
  expect(tell(corner, ["pt"])).toBe("Escanteio");
  expect(tell(corner, ["ja", "en-GB"])).toBe("Corner");
  expect(tell(event("penalty_missed"), ["en"])).toBe("Penalty missed");
});

it("reckons the run rate in balls, not in decimals of an over", () => {
  expect(runRate(innings(111, "17.2"))).toBe("6.40");
  expect(runRate(innings(0, "0"))).toBeNull();
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
