import { expect, it } from "vitest";
import { event, match } from "../shared/course.testing";
import { leadOf } from "./lead";

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
