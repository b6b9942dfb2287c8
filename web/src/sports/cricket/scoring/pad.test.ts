import { describe, expect, it, vi } from "vitest";
import type { Match } from "../../../contracts/generated";
import { progressOf } from "../../../station/scoring/entry";
import { eventsOf } from "../../../station/scoring/events.testing";
import type { Action, Answers, Desk } from "../../shared/scoring/actions";
import type { Entry } from "../../shared/scoring/entry";
import { scoring } from ".";
import { cricketPad } from "./pad";
import { type Crease, cricketState, inningsOver, needOf, oversText, targetOf } from "./state";

// The same entry has the same id whenever it is read, so that a crease put down after it is found again.
vi.mock("../../../station/scoring/order", async (original) => ({
  ...(await original<typeof import("../../../station/scoring/order")>()),
  newEventId: (now: number) => `e${now}`,
}));

const [ann, bea, cleo, dot] = ["Ann", "Bea", "Cleo", "Dot"].map((name) => ({ id: `red-${name}`, name }));
const [uma, vera] = ["Uma", "Vera"].map((name) => ({ id: `blue-${name}`, name }));
const side = (id: string, name: string) => ({
  id,
  name,
  abbreviation: name,
  type: "team",
  score: 0,
  scoreDisplay: "",
});
const match = {
  id: "m",
  sport: "cricket",
  competitors: [side("red", "Reds"), side("blue", "Blues")],
} as unknown as Match;

/** A scorer who presses and answers, as the page does it. */
class Table {
  entries: Entry[] = [];
  creases: Record<string, Crease> = {};

  constructor(readonly config: Record<string, unknown> = { overs: 20 }) {}

  get events() {
    return eventsOf(...this.entries);
  }

  get state() {
    return cricketState(this.events, this.config, this.creases);
  }

  get innings() {
    const { present } = this.state;
    if (present === null) throw new Error("no innings");
    return present;
  }

  get actions(): Action[] {
    const desk: Desk = {
      match,
      config: this.config,
      events: this.events,
      progress: progressOf(this.events, scoring.playTypes),
      places: this.creases,
      clock: () => undefined,
    };
    return cricketPad(desk, this.state).flatMap(({ actions }) => actions);
  }

  press(id: string, answers: Answers = {}): void {
    const action = this.actions.find((one) => one.id === id);
    if (action === undefined)
      throw new Error(`${id} cannot be pressed: ${this.actions.map((one) => one.id)}`);
    this.entries.push(...action.entries(answers));
    const last = this.events.at(-1)?.eventId;
    if (action.places !== undefined && last !== undefined) this.creases[last] = action.places(answers);
  }

  bowl(...runs: number[]): void {
    for (const run of runs) this.press(`run-${run}`);
  }

  begin(): this {
    this.press("start-1", { batting: "red", striker: ann, nonStriker: bea, bowler: uma });
    return this;
  }

  get middle() {
    const { striker, nonStriker, bowler } = this.innings.crease;
    return [striker?.name, nonStriker?.name, bowler?.name];
  }
}

describe("rain, and who goes without a ball", () => {
  it("enters a win by a rain rule, a par score and no result", () => {
    const table = new Table().begin();
    table.bowl(1, 4);
    const result = (answers: Answers) => table.actions.find(({ id }) => id === "result")?.entries(answers)[0];
    expect(result({ way: "dls", winner: "blue", margin: "5 runs" })).toMatchObject({
      type: "match_end",
      detail: { outcome: { method: "dls", winnerId: "blue", by: "5 runs" } },
      text: "Blues win by DLS",
    });
    expect(result({ way: "par", par: "68" })).toMatchObject({ detail: { parRuns: 68 } });
    expect(result({ way: "no_result" })?.detail).toEqual({ outcome: { method: "no_result" } });
    table.press("result", { way: "no_result" });
    expect(table.actions).toEqual([]);
  });

  it("revises overs and the target, which end the innings", () => {
    const table = new Table().begin();
    table.bowl(4, 4, 0, 0, 0, 0);
    expect(inningsOver(table.state, table.config)).toBeNull();
    table.press("target", { overs: "1" });
    expect(table.entries.at(-1)).toMatchObject({ type: "target", period: 1, detail: { targetOvers: 1 } });
    expect(inningsOver(table.state, table.config)).toBe("All overs bowled");
    table.press("end-innings");
    table.press("start-2", { batting: "blue", striker: uma, nonStriker: vera, bowler: ann });
    expect(targetOf(table.state, table.config)).toBe(9);
    table.press("target", { runs: "4", overs: "" });
    expect(table.entries.at(-1)?.detail).toEqual({ targetRuns: 4 });
    table.bowl(4);
    expect(inningsOver(table.state, table.config)).toBe("Target reached");
  });

  it("counts who is timed out or retires out, and not who is hurt or absent", () => {
    const table = new Table({ overs: 20, wickets: 3 }).begin();
    table.press("retired", { who: "striker", next: cleo });
    expect(table.entries.at(-1)).toMatchObject({
      type: "wicket",
      players: [{ id: "red-Ann", role: "player_out" }],
      detail: { wickets: [{ kind: "retired hurt", playerOut: "Ann" }] },
    });
    expect([table.innings.wickets, ...table.middle]).toEqual([0, "Cleo", "Bea", "Uma"]);
    table.press("gone", { kind: "retired out", end: "nonStriker", next: ann });
    expect([table.innings.wickets, ...table.middle]).toEqual([1, "Cleo", "Ann", "Uma"]);
    table.press("gone", { kind: "timed out", player: dot });
    expect([table.innings.wickets, ...table.middle]).toEqual([2, "Cleo", "Ann", "Uma"]);
    expect(inningsOver(table.state, table.config)).toBeNull();
    table.press("gone", { kind: "absent hurt", player: { id: "red-Eve", name: "Eve" } });
    expect(inningsOver(table.state, table.config)).toBe("All out");
    expect(table.innings.bowlers.get("blue-Uma")).toBeUndefined();
  });

  it("gives penalty runs to either side", () => {
    const table = new Table().begin();
    table.press("penalty", { to: "blue" });
    table.press("penalty", { to: "red" });
    expect(table.entries.at(-2)).toMatchObject({ type: "penalty_runs", side: "blue", detail: { runs: 5 } });
    expect(table.innings.runs).toBe(5);
    table.press("end-innings");
    table.press("start-2", { batting: "blue", striker: uma, nonStriker: vera, bowler: ann });
    expect(table.innings.runs).toBe(5);
    table.press("penalty", { to: "red" });
    expect(targetOf(table.state, table.config)).toBe(11);
  });

  it("has each key once", () => {
    const keys = new Table().begin().actions.map(({ key, shift }) => `${key}${shift ?? false}`);
    expect(new Set(keys).size, keys.join()).toBe(keys.length);
  });
});

describe("who is in the middle", () => {
  it("changes ends for odd runs, byes and runs of a wide, and not for the wide itself", () => {
    const table = new Table().begin();
    table.bowl(0);
    expect(table.middle).toEqual(["Ann", "Bea", "Uma"]);
    table.bowl(1);
    expect(table.middle).toEqual(["Bea", "Ann", "Uma"]);
    table.bowl(4, 2);
    expect(table.middle).toEqual(["Bea", "Ann", "Uma"]);
    table.press("wide", { runs: "0" });
    expect(table.middle).toEqual(["Bea", "Ann", "Uma"]);
    table.press("wide", { runs: "1" });
    expect(table.middle).toEqual(["Ann", "Bea", "Uma"]);
    table.press("legbyes", { runs: "1" });
    expect(table.middle).toEqual(["Bea", "Ann", "Uma"]);
    table.press("noball", { how: "3" });
    expect(table.middle).toEqual(["Ann", "Bea", "Uma"]);
    table.press("noball", { how: "byes", runs: "1" });
    expect(table.middle).toEqual(["Bea", "Ann", "Uma"]);
    const { runs, overs } = table.innings;
    expect([runs, overs.get(0)]).toEqual([0 + 1 + 4 + 2 + 1 + 2 + 1 + 4 + 2, 5]);
  });

  it("changes ends after an over, which wides and no-balls make longer, and asks for a bowler", () => {
    const table = new Table().begin();
    table.bowl(0, 0, 1, 0, 0);
    table.press("wide", { runs: "0" });
    table.press("noball", { how: "0" });
    expect(needOf(table.innings)).toBeNull();
    table.bowl(1);
    expect(oversText(table.innings, 6)).toBe("1");
    expect(table.middle).toEqual(["Bea", "Ann", undefined]);
    expect(needOf(table.innings)).toBe("bowler");
    // Nobody bowls two overs running.
    const bowler = table.actions.find(({ id }) => id === "crease-bowler");
    expect(bowler?.steps?.({})[0]).toMatchObject({ side: "blue", without: ["blue-Uma"] });
    table.press("crease-bowler", { bowler: vera });
    table.bowl(2);
    expect([oversText(table.innings, 6), ...table.middle]).toEqual(["1.1", "Bea", "Ann", "Vera"]);
    expect(table.entries.at(-1)).toMatchObject({ clock: { display: "1.1" }, detail: { over: 1 } });
    table.press("swap");
    expect(table.middle).toEqual(["Ann", "Bea", "Vera"]);
  });

  it("puts the next batter where the one who is out stood", () => {
    const table = new Table().begin();
    table.bowl(1);
    table.press("wicket", { kind: "caught", fielder: vera, next: cleo });
    expect(table.middle).toEqual(["Cleo", "Ann", "Uma"]);
    expect(table.entries.at(-1)?.detail).toMatchObject({ wickets: [{ kind: "caught", playerOut: "Bea" }] });
    expect(table.entries.at(-1)?.players?.map(({ role, name }) => [role, name])).toEqual([
      ["batter", "Bea"],
      ["bowler", "Uma"],
      ["non_striker", "Ann"],
      ["player_out", "Bea"],
      ["fielder", "Vera"],
    ]);
    // Two were run, the second run is the one who is out at: they did not cross on it.
    table.press("wicket", {
      kind: "run out",
      out: "nonStriker",
      runs: "1",
      fielder: null,
      ball: "legal",
      next: dot,
    });
    expect(table.middle).toEqual(["Dot", "Cleo", "Uma"]);
    expect([table.innings.runs, table.innings.wickets]).toEqual([2, 2]);
    const [batters, bowlers] = [table.innings.batters, table.innings.bowlers];
    expect(batters.get("red-Cleo")).toMatchObject({ runs: 1, balls: 1 });
    expect(bowlers.get("blue-Uma")).toMatchObject({ runs: 2, wickets: 1, balls: 3 });
    expect(table.actions.find(({ id }) => id === "crease-striker")?.steps?.({})[0]).toMatchObject({
      without: ["red-Bea", "red-Ann", "", "red-Cleo"],
    });
  });

  it("leaves an empty place when nobody was named, also at the end of an over", () => {
    const table = new Table().begin();
    table.bowl(0, 0, 0, 0, 0);
    table.press("wicket", { kind: "bowled", next: null });
    expect(table.middle).toEqual(["Bea", undefined, undefined]);
    expect(needOf(table.innings)).toBe("nonStriker");
  });

  it("is as before when the last ball is undone", () => {
    const table = new Table().begin();
    table.bowl(1, 0, 3);
    const before = [...table.middle, table.innings.runs];
    table.press("wicket", { kind: "lbw", next: cleo });
    table.entries.pop();
    expect([...table.middle, table.innings.runs]).toEqual(before);
    table.entries.pop();
    table.entries.pop();
    table.entries.pop();
    expect(table.middle).toEqual(["Ann", "Bea", "Uma"]);
  });
});

describe("an innings and a match", () => {
  it("ends all out, by its overs, and when the target is reached", () => {
    const table = new Table({ overs: 1, wickets: 2 }).begin();
    table.bowl(6, 6, 0, 0, 0);
    expect(inningsOver(table.state, table.config)).toBeNull();
    table.bowl(0);
    expect(inningsOver(table.state, table.config)).toBe("All overs bowled");
    expect(table.actions.some(({ id }) => id === "run-1")).toBe(false);
    table.press("end-innings");
    table.press("start-2", { batting: "blue", striker: uma, nonStriker: vera, bowler: ann });
    expect(targetOf(table.state, table.config)).toBe(13);
    table.press("wicket", { kind: "bowled", next: { id: "blue-Wyn", name: "Wyn" } });
    table.bowl(6, 6);
    expect(inningsOver(table.state, table.config)).toBeNull();
    table.press("wicket", { kind: "bowled" });
    expect(inningsOver(table.state, table.config)).toBe("All out");
    table.press("end-innings");
    // A tie: a super over, begun by those who batted last.
    table.press("start-3", { batting: "blue", striker: uma, nonStriker: vera, bowler: ann });
    expect([table.innings.type, table.innings.batting]).toEqual(["super_over", "blue"]);
    expect(table.actions.find(({ id }) => id === "start-3")).toBeUndefined();
    table.bowl(4, 4, 4, 4, 4, 4);
    table.press("end-innings");
    table.press("start-4", { batting: "red", striker: ann, nonStriker: bea, bowler: uma });
    expect(targetOf(table.state, table.config)).toBe(25);
  });

  it("is declared only where no overs limit it, and the other side bats next", () => {
    expect(new Table({ overs: 20 }).begin().actions.some(({ id }) => id === "declare")).toBe(false);
    const table = new Table({ inningsPerSide: 2 }).begin();
    table.bowl(4);
    table.press("declare");
    expect(table.entries.at(-1)).toMatchObject({ type: "period_end", detail: { declared: true } });
    const next = table.actions.find(({ id }) => id === "start-2");
    expect(next?.steps?.({})[0]).toMatchObject({ options: [{ value: "blue" }, { value: "red" }] });
  });
});
