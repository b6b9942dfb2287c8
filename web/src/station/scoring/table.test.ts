import { describe, expect, it } from "vitest";
import type { Missing } from "../../sports/scoring";
import type { Action } from "../../sports/shared/scoring/actions";
import type { Line } from "./lines";
import {
  asksFor,
  emptyTable,
  questionOf,
  released,
  type TableEvent,
  type TableState,
  tableReducer,
  withWords,
} from "./table";

const run: Action = { id: "run-1", label: "1", entries: () => [] };
const wide: Action = {
  id: "wide",
  label: "Wide",
  steps: () => [{ kind: "choice", name: "runs", title: "How many?", options: [] }],
  entries: () => [],
};
const who: Action = { id: "need-bowler", label: "Who bowls?", entries: () => [] };
const missing: Missing = { key: "e1.bowler", action: who, holds: ({ id }) => id.startsWith("run-") };
const line = { event: { eventId: "e1" }, state: "stored" } as unknown as Line;

const follow = (state: TableState, ...events: TableEvent[]) => events.reduce(tableReducer, state);
const ENTERED: TableEvent = { type: "entered", said: "Entered: 1 run", withWords: false, inserted: false };

describe("a press", () => {
  it("is entered at once, or asks what it needs", () => {
    expect(questionOf(emptyTable, run, null)).toBeNull();
    expect(questionOf(emptyTable, wide, null)).toEqual({ type: "ask", action: wide });
  });

  it("asks for whoever is missing first, and only where that holds it", () => {
    expect(questionOf(emptyTable, run, missing)).toEqual({ type: "ask", action: who, waiting: "run-1" });
    expect(questionOf(emptyTable, wide, missing)).toEqual({ type: "ask", action: wide });
    expect(questionOf({ after: line }, run, missing)).toBeNull();
  });
});

describe("an action that waits", () => {
  const asked = follow(emptyTable, { type: "ask", action: who, waiting: "run-1" });

  it("is released when nobody is missing any more, whatever else was asked between", () => {
    expect(released(asked, [run], null)).toBeUndefined();
    const answered = follow(asked, { type: "answered" });
    expect(released(answered, [run], missing)).toBeUndefined();
    const again = follow(answered, { type: "gap", missing }, { type: "answered" });
    expect(released(again, [run], null)).toBe(run);
    expect(released(again, [wide], null)).toBeUndefined();
    expect(released(follow(again, { type: "released" }), [run], null)).toBeUndefined();
  });

  it("is given up with the question", () => {
    const closed = follow(asked, { type: "closed" });
    expect([closed.asked, closed.waiting]).toEqual([null, null]);
  });
});

describe("somebody who is missing", () => {
  it("is asked for once, and only after an entry", () => {
    expect(asksFor(emptyTable, missing)).toBe(false);
    const entered = follow(emptyTable, ENTERED);
    expect(asksFor(entered, missing)).toBe(true);
    expect(asksFor(entered, null)).toBe(false);
    const asked = follow(entered, { type: "gap", missing });
    expect(asked.asked).toBe(who);
    expect(asksFor(asked, { ...missing, key: "e2.bowler" })).toBe(false);
    const closed = follow(asked, { type: "closed" });
    expect(asksFor(closed, missing)).toBe(false);
    expect(asksFor(closed, { ...missing, key: "e2.bowler" })).toBe(true);
  });

  it("is not asked for after an undo", () => {
    const undone = follow(emptyTable, ENTERED, { type: "undone", said: "Undone: 1 run" });
    expect(asksFor(undone, missing)).toBe(false);
    expect(undone.said).toBe("Undone: 1 run");
  });
});

describe("an entry", () => {
  const ready = follow(emptyTable, { type: "pin", words: "What a catch" }, { type: "insert", after: line });

  it("takes the words and the place that were kept for it, and leaves what it did not use", () => {
    const used = follow(ready, { ...ENTERED, withWords: true, inserted: true });
    expect([used.pinned, used.after, used.said]).toEqual(["", null, "Entered: 1 run"]);
    const unused = follow(ready, { ...ENTERED, said: null });
    expect([unused.pinned, unused.after, unused.said]).toEqual(["What a catch", line, ""]);
  });

  it("has the words beside its own", () => {
    const entry = { type: "ball", period: 1, text: "1 run" };
    expect(withWords([entry, entry], "Neat")[0]?.text).toBe("1 run. Neat");
    expect(withWords([{ type: "ball", period: 1 }], "Neat")[0]?.text).toBe("Neat");
    expect(withWords([entry], "")).toEqual([entry]);
    expect(withWords([], "Neat")).toEqual([]);
  });
});

it("opens one event to put it right, and one dialog", () => {
  const open = follow(emptyTable, { type: "edit", line }, { type: "dialog", dialog: "help" });
  expect([open.editing, open.dialog]).toEqual([line, "help"]);
  const closed = follow(open, { type: "edit", line: null }, { type: "dialog", dialog: null });
  expect(closed).toEqual(emptyTable);
});
