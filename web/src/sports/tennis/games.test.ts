import { describe, expect, it } from "vitest";
import { event, match } from "../shared/course.testing";
import { gamesOf } from "./games";

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
