import { describe, expect, it } from "vitest";
import type { Match } from "../../../contracts/generated";
import { watch as basketballWatch } from "../../basketball/scoring/watch";
import { watch as footballWatch } from "../../football/scoring/watch";
import { eventClock, face, playedS, readFace, setTo, started, stopped, watchOf } from "./watch";

describe("a scorer's watch", () => {
  const football = { rules: footballWatch, config: { halfMinutes: 45 } };
  const basketball = { rules: basketballWatch, config: { periodMinutes: 10 } };

  it("runs, stops, and is set", () => {
    let watch = started({ period: 1, playedS: 0, since: null }, 1_000);
    expect(playedS(watch, 61_000)).toBe(60);
    watch = stopped(watch, 61_000);
    expect(playedS(watch, 999_000)).toBe(60);
    watch = setTo(started(watch, 100_000), 30, 110_000);
    expect(playedS(watch, 115_000)).toBe(35);
    expect(setTo(watch, -5, 0).playedS).toBe(0);
  });

  it("shows football's minutes through the match, with stoppage time", () => {
    const watch = { period: 2, playedS: 65, since: null };
    expect(face(watch, football, 0)).toBe("46:05");
    expect(eventClock(watch, football, 0)).toEqual({ display: "47'", playedS: 65 });
    expect(eventClock({ period: 1, playedS: 45 * 60 + 61, since: null }, football, 0)?.display).toBe("45+2'");
    expect(eventClock({ period: 5, playedS: 9, since: null }, football, 0)).toBeUndefined();
    expect(readFace("46:05", 2, football)).toBe(65);
    expect(readFace("46:5x", 2, football)).toBeNull();
  });

  it("counts basketball's periods down", () => {
    const watch = { period: 3, playedS: 70.4, since: null };
    expect(face(watch, basketball, 0)).toBe("08:50");
    expect(eventClock(watch, basketball, 0)).toEqual({ display: "Q3 08:50", remainingS: 530 });
    expect(face({ period: 5, playedS: 400, since: null }, basketball, 0)).toBe("00:00");
    expect(readFace("08:50", 3, basketball)).toBe(70);
  });

  it("begins where the match is, for somebody who comes later", () => {
    const clock = { period: 2, direction: "up", running: true, display: "50'", playedS: 2940 } as const;
    const match = { sport: "football", clock, at: 5_000, updatedAt: 6_000 } as unknown as Match;
    expect(watchOf(match, football)).toEqual({ period: 2, playedS: 240, since: 5_000 });
  });
});
