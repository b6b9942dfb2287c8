import { describe, expect, it } from "vitest";
import type { Answers } from "../../shared/scoring/actions";
import { all, deskOf } from "../../shared/scoring/desk.testing";
import type { Entry } from "../../shared/scoring/entry";
import { scoring } from ".";
import { footballPad } from "./pad";

describe("football", () => {
  const press = (entries: Entry[], id: string, answers: Answers = {}) => {
    const action = all(footballPad(deskOf("football", scoring.playTypes, entries))).find(
      (one) => one.id === id,
    );
    if (action === undefined) throw new Error(id);
    entries.push(...action.entries(answers));
  };
  const next = (entries: Entry[]) =>
    all(footballPad(deskOf("football", scoring.playTypes, entries)))
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
      const keys = all(footballPad(deskOf("football", scoring.playTypes, entries))).map(
        ({ key, shift }) => `${key}${shift ?? false}`,
      );
      expect(new Set(keys).size, keys.join()).toBe(keys.length);
    }
  });
});
