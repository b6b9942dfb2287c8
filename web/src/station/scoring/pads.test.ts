import { describe, expect, it } from "vitest";
import type { Match } from "../../contracts/generated";
import type { Action, Answers, Desk } from "./actions";
import { basketballPad } from "./basketball";
import { eventClock, face, playedS, readFace, setTo, started, stopped, watchOf } from "./clock";
import { type Entry, progressOf } from "./entry";
import { eventsOf } from "./events.testing";
import { footballPad } from "./football";
import { afterPoint, tennisPad, tennisState } from "./tennis";

const side = (id: string, name: string) => ({
  id,
  name,
  abbreviation: name,
  type: "team",
  score: 0,
  scoreDisplay: "",
});

function deskOf(sport: Match["sport"], entries: Entry[], config: Record<string, unknown> = {}): Desk {
  const events = eventsOf(...entries);
  const match = {
    id: "m",
    sport,
    competitors: [side("red", "Reds"), side("blue", "Blues")],
  } as unknown as Match;
  return { match, config, events, progress: progressOf(events), clock: () => undefined };
}

const all = (groups: { actions: readonly Action[] }[]) => groups.flatMap(({ actions }) => actions);

describe("football", () => {
  const press = (entries: Entry[], id: string, answers: Answers = {}) => {
    const action = all(footballPad(deskOf("football", entries))).find((one) => one.id === id);
    if (action === undefined) throw new Error(id);
    entries.push(...action.entries(answers));
  };
  const next = (entries: Entry[]) =>
    all(footballPad(deskOf("football", entries)))
      .filter(({ tone }) => tone === "main")
      .map(({ label }) => label);

  it("goes through halves, extra time and a shoot-out", () => {
    const entries: Entry[] = [];
    const seen: string[][] = [];
    for (const id of [
      "start-1",
      "end-1",
      "start-2",
      "end-2",
      "start-3",
      "end-3",
      "start-4",
      "end-4",
      "start-5",
    ]) {
      seen.push(next(entries));
      press(entries, id);
    }
    expect(seen).toEqual([
      ["Kick-off"],
      ["Half-time"],
      ["Second half"],
      ["End of normal time"],
      ["Full time", "Extra time", "Shoot-out"],
      ["Half-time in extra time"],
      ["Second half of extra time"],
      ["End of extra time"],
      ["Full time", "Shoot-out"],
    ]);
    press(entries, "scored-blue", { who: null });
    expect(entries.at(-1)).toMatchObject({
      type: "shootout_kick",
      period: 5,
      side: "blue",
      detail: { scored: true },
    });
    press(entries, "full-time");
    expect(next(entries)).toEqual([]);
  });

  it("states the score of a shoot-out, and a winner whom no score says", () => {
    const entries: Entry[] = [
      { type: "period_start", period: 2 },
      { type: "period_end", period: 2 },
      { type: "period_start", period: 5 },
    ];
    press(entries, "kicks", { home: "3", away: "4" });
    expect(entries.at(-1)).toMatchObject({
      type: "score",
      period: 5,
      detail: { scores: { red: 3, blue: 4 } },
    });
    press(entries, "result", { way: "penalties", winner: "blue" });
    expect(entries.at(-1)).toMatchObject({
      type: "match_end",
      period: 5,
      detail: { outcome: { method: "penalties", winnerId: "blue" } },
    });
    const before: Entry[] = [];
    press(before, "result", { way: "walkover", winner: "red" });
    expect(before[0]).toMatchObject({ period: 1, text: "Reds win by walk-over" });
  });

  it("counts an own goal for the other side", () => {
    const entries: Entry[] = [{ type: "period_start", period: 1 }];
    press(entries, "own-red", { who: { id: "red-ann", name: "Ann" } });
    expect(entries.at(-1)).toMatchObject({
      type: "goal",
      side: "blue",
      detail: { ownGoal: true },
      players: [{ id: "red-ann", role: "own_goal" }],
    });
  });

  it("has each key once", () => {
    for (const stage of [["start-1"], ["start-1", "end-1"], ["start-1", "end-1", "start-2", "end-2"]]) {
      const entries: Entry[] = [];
      for (const id of stage) press(entries, id);
      const keys = all(footballPad(deskOf("football", entries))).map(
        ({ key, shift }) => `${key}${shift ?? false}`,
      );
      expect(new Set(keys).size, keys.join()).toBe(keys.length);
    }
  });
});

describe("basketball", () => {
  it("has each key once, and goes into overtime while it is level", () => {
    const entries: Entry[] = [{ type: "period_start", period: 1 }];
    const pad = () => all(basketballPad(deskOf("basketball", entries, { periods: 2 })));
    const keys = pad().map(({ key, shift }) => `${key}${shift ?? false}`);
    expect(new Set(keys).size, keys.join()).toBe(keys.length);
    for (const id of ["made-3-red", "made-2-blue", "made-1-blue", "end-1"])
      entries.push(
        ...(pad()
          .find((one) => one.id === id)
          ?.entries({}) ?? []),
      );
    entries.push({ type: "period_start", period: 2 }, { type: "period_end", period: 2 });
    expect(pad().map(({ label }) => label)[0]).toBe("Start OT");
    entries.splice(-2, 0, { type: "free_throw", period: 2, side: "red", detail: { made: true } });
    expect(pad().map(({ label }) => label)[0]).toBe("Final");
  });
});

describe("tennis", () => {
  const points = (text: string, config: Record<string, unknown> = {}) => {
    const entries: Entry[] = [{ type: "period_start", period: 1, detail: { serverId: "red" } }];
    for (const letter of text.replaceAll(" ", "")) {
      const desk = deskOf("tennis", entries, config);
      const winner = letter === "r" ? "red" : "blue";
      const action = all(tennisPad(desk)).find(({ id }) => id === `point-${winner}`);
      entries.push(...(action?.entries({}) ?? []));
    }
    const desk = deskOf("tennis", entries, config);
    return { desk, state: tennisState(desk.events, config, ["red", "blue"]), last: entries.at(-1)?.text };
  };
  const game = "rrrr";

  it("follows points, games, sets and who serves", () => {
    expect(points("r").last).toBe("Point Reds. 15-0");
    expect(points("rrrbbb").last).toBe("Point Blues. Deuce");
    expect(points("rrrbbbb").last).toBe("Point Blues. Advantage Blues");
    const one = points(game);
    expect([one.last, one.state.server]).toEqual(["Point Reds. Game Reds, 1-0", "blue"]);
    const set = points(game.repeat(6));
    expect([set.last, set.state.number, set.state.server]).toEqual([
      "Point Reds. Game and set Reds, 6-0",
      2,
      "red",
    ]);
    const won = points(game.repeat(12));
    expect([won.last, won.state.over]).toEqual(["Point Reds. Game, set and match Reds, 6-0 6-0", true]);
    expect(all(tennisPad(won.desk))).toEqual([]);
  });

  it("plays tie-breaks, where the serve changes after the first point and then every two", () => {
    const level = "rrrrbbbb".repeat(6);
    const start = points(level);
    expect([start.state.tieBreak, start.state.number, start.state.server]).toEqual([true, 1, "red"]);
    expect(points(`${level}r`).state.server).toBe("blue");
    expect(points(`${level}rr`).state.server).toBe("blue");
    expect(points(`${level}rrr`).state.server).toBe("red");
    expect(points(`${level}rrrrrrr`).last).toBe("Point Reds. Game and set Reds, 7-6");
    expect(afterPoint(start.desk, start.state, "blue")).toBe("0-1");
  });

  it("knows no-ad games and match tie-breaks", () => {
    expect(points("rrrbbbr", { advantage: false }).last).toBe("Point Reds. Game Reds, 1-0");
    const config = { finalSet: "match_tie_break" };
    const third = points(`${game.repeat(6)}${"bbbb".repeat(6)}`, config);
    expect([third.state.number, third.state.tieBreak]).toEqual([3, true]);
    const over = points(`${game.repeat(6)}${"bbbb".repeat(6)}${"r".repeat(10)}`, config);
    expect(over.state.champion).toBe("red");
  });
});

describe("a scorer's watch", () => {
  const football = { sport: "football", config: { halfMinutes: 45 } } as const;
  const basketball = { sport: "basketball", config: { periodMinutes: 10 } } as const;

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
