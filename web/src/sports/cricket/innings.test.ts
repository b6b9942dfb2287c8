import { expect, it } from "vitest";
import { matchEvent } from "../../contracts/event.testing";
import type { MatchEvent, MatchPeriod } from "../../contracts/generated";
import { requiredRate, runRate, thisOver } from "./innings";

function event(
  type: string,
  detail: Record<string, unknown> = {},
  more: Partial<MatchEvent> = {},
): MatchEvent {
  return matchEvent({ type, detail, ...more });
}

const innings = (runs: number, overs: string): MatchPeriod => ({
  number: 1,
  type: "innings",
  scores: {},
  detail: { runs, wickets: 0, overs, battingId: "a", declared: false },
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

it("reckons the run rate in balls, not in decimals of an over", () => {
  expect(runRate(innings(111, "17.2"))).toBe("6.40");
  expect(runRate(innings(0, "0"))).toBeNull();
});

it("reckons what a chase needs, until nothing or no ball is left", () => {
  const chase = (runs: number, ballsLeft?: number): MatchPeriod => {
    const period = innings(runs, "10");
    const detail = {
      ...period.detail,
      runs,
      wickets: 0,
      overs: "10",
      battingId: "a",
      declared: false,
      target: 100,
    };
    return { ...period, detail: ballsLeft === undefined ? detail : { ...detail, ballsLeft } };
  };
  expect(requiredRate(chase(40, 60))).toBe("6.00");
  expect(requiredRate(chase(100, 60))).toBeNull();
  expect(requiredRate(chase(40, 0))).toBeNull();
  expect(requiredRate(chase(40))).toBeNull();
  expect(requiredRate(innings(40, "10"))).toBeNull();
});
