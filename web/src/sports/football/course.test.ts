import { describe, expect, it } from "vitest";
import { event, match } from "../shared/course.testing";
import { placeOf, stretchesOf } from "./course";
import { marksOf, scorersOf } from "./moments";

const minute = (period: number, playedS: number, display = "") =>
  event("goal", { period, clock: { display, playedS } });

describe("football", () => {
  it("gives stoppage room of its own, so that nothing of two halves overlaps", () => {
    const late = minute(1, 47.5 * 60);
    const early = minute(2, 60);
    const stretches = stretchesOf(match("football"), [late, early]);
    expect(stretches.map(({ start, length }) => [start, length])).toEqual([
      [0, 48],
      [48, 45],
    ]);
    expect(placeOf(stretches, late)).toBe(47.5);
    expect(placeOf(stretches, early)).toBe(49);
    expect(placeOf(stretches, event("goal"))).toBeNull();
  });

  it("has extra time only where it is played", () => {
    expect(stretchesOf(match("football"), [minute(3, 60)])).toHaveLength(3);
    expect(stretchesOf(match("football"), [])).toHaveLength(2);
  });

  it("puts the goals of one player together, own goals and penalties told", () => {
    const by = (name: string, role = "scorer") => [{ id: name, role, name }];
    const goals = [
      event("goal", { clock: { display: "12'" }, players: by("Moss") }),
      event("goal", {
        clock: { display: "30'" },
        players: by("Hobb", "own_goal"),
        detail: { ownGoal: true },
      }),
      event("goal", { clock: { display: "45+2'" }, players: by("Moss"), detail: { penalty: true } }),
      event("goal", { competitorId: "a", clock: { display: "50'" }, players: by("Vane") }),
    ];
    expect(scorersOf(goals, "h")).toEqual([
      { name: "Moss", goals: ["12'", "45+2' (pen)"] },
      { name: "Hobb", goals: ["30' (own goal)"] },
    ]);
  });

  it("marks an own goal at the player of the side that it was against", () => {
    const own = event("goal", { players: [{ id: "x", role: "own_goal" }], detail: { ownGoal: true } });
    expect(marksOf([own], "a").get("x")?.ownGoals).toBe(1);
    expect(marksOf([own], "h").size).toBe(0);
  });
});
