import { describe, expect, it } from "vitest";
import { all, deskOf } from "../../shared/scoring/desk.testing";
import type { Entry } from "../../shared/scoring/entry";
import { scoring } from ".";
import { afterPoint, tennisPad } from "./pad";
import { tennisState } from "./state";

describe("tennis", () => {
  const points = (text: string, config: Record<string, unknown> = {}) => {
    const entries: Entry[] = [{ type: "period_start", period: 1, detail: { serverId: "red" } }];
    for (const letter of text.replaceAll(" ", "")) {
      const desk = deskOf("tennis", scoring.playTypes, entries, config);
      const winner = letter === "r" ? "red" : "blue";
      const action = all(tennisPad(desk)).find(({ id }) => id === `point-${winner}`);
      entries.push(...(action?.entries({}) ?? []));
    }
    const desk = deskOf("tennis", scoring.playTypes, entries, config);
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
