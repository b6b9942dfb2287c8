import { expect, it } from "vitest";
import { appended, SERIES_BOUND, type Series } from "./overview";

it("keeps the newest points in order", () => {
  let series: Series = [];
  for (let at = 1; at <= SERIES_BOUND + 10; at += 1) series = appended(series, at, at);
  expect(series).toHaveLength(SERIES_BOUND);
  expect(series.at(-1)).toEqual({ at: SERIES_BOUND + 10, value: SERIES_BOUND + 10 });
  expect(appended(series, 5, 0)).toBe(series);
});
