import { describe, expect, it } from "vitest";
import type { TimelineEvent } from "../../contracts/generated";
import { event } from "../shared/course.testing";
import { fallsOf, inningsOf } from "./overs";

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
