import { expect, it } from "vitest";
import type { Match } from "../../contracts/generated";
import { beginningOf, dayAfter, dayOf, partsOf } from "./grouping";

const NOW = new Date(2026, 10, 21, 15).getTime();
const HOUR = 3_600_000;

function match(id: string, status: Match["status"], scheduledAt: number, competition = "cup"): Match {
  return {
    id,
    sport: "football",
    competition: { id: competition, name: competition },
    scheduledAt,
    competitors: [],
    status,
    periods: [],
    seq: 0,
    version: 0,
    updatedAt: 0,
    externalIds: {},
  };
}

it("has live matches first, then what is to come by day, then the others, each by competition", () => {
  const parts = partsOf(
    [
      match("over", "ended", NOW - 30 * HOUR),
      match("soon2", "scheduled", NOW + 26 * HOUR),
      match("live", "break", NOW - HOUR, "league"),
      match("soon1", "delayed", NOW + HOUR),
      match("off", "postponed", NOW + 2 * HOUR, "league"),
      match("never", "postponed", NOW - 72 * HOUR),
      match("done", "closed", NOW - 3 * HOUR),
    ],
    NOW,
    "en-GB",
  );
  expect(
    parts.map(({ title, competitions }) => [
      title,
      ...competitions.map((one) => `${one.name}: ${one.matches.map(({ id }) => id).join(" ")}`),
    ]),
  ).toEqual([
    ["Live now", "league: live"],
    ["Today", "cup: soon1", "league: off"],
    ["Tomorrow", "cup: soon2"],
    ["Today, over", "cup: done"],
    ["Yesterday", "cup: over"],
    ["Wednesday 18 November", "cup: never"],
  ]);
});

it("reckons with days of the reader's zone", () => {
  expect(dayOf(NOW)).toBe("2026-11-21");
  expect(dayAfter("2026-12-31", 1)).toBe("2027-01-01");
  expect(dayAfter("2026-03-01", -1)).toBe("2026-02-28");
  expect(beginningOf("2026-11-21")).toBe(new Date(2026, 10, 21).toISOString());
  expect(beginningOf("tomorrow")).toBeNull();
  expect(beginningOf("2026-13-41")).toBeNull();
});
