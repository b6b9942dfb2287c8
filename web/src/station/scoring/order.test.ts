import { describe, expect, it } from "vitest";
import { keyAtEnd, keyBetween, newEventId } from "./order";

describe("ids of entries", () => {
  it("sort by time and are never the same", () => {
    expect(newEventId(1_700_000_000_000) < newEventId(1_700_000_000_001)).toBe(true);
    expect(new Set(Array.from({ length: 500 }, () => newEventId(5))).size).toBe(500);
    expect(newEventId(0).length).toBeLessThan(100);
  });
});

describe("order keys", () => {
  it("put what is entered after everything of the period, whatever a clock says", () => {
    const keys: { period: number; orderKey: string }[] = [];
    for (const now of [1000, 1000, 1001, 400, 1001, 99_999_999_999_999]) {
      const orderKey = keyAtEnd(keys, 1, now);
      for (const { orderKey: before } of keys) expect(orderKey > before, `${before} ${orderKey}`).toBe(true);
      keys.push({ period: 1, orderKey });
    }
    // A feed's own keys come before, or are gone past.
    expect(keyAtEnd([{ period: 1, orderKey: "1-0040.06" }], 1, 5) > "1-0040.06").toBe(true);
    expect(keyAtEnd([{ period: 1, orderKey: "zz" }], 1, 5) > "zz").toBe(true);
    expect(keyAtEnd([{ period: 2, orderKey: "zz" }], 1, 5)).toBe("t0000000000005");
  });

  it("leave room between any two entries, many times over", () => {
    let [low, high] = ["t0000000000001", "t0000000000002"];
    for (let n = 0; n < 60; n++) {
      const key = keyBetween(low, high);
      if (key === null) throw new Error(`no room after ${n}`);
      expect(low < key && key < high, `${low} < ${key} < ${high}`).toBe(true);
      if (n % 2 === 0) low = key;
      else high = key;
      expect(key.length).toBeLessThanOrEqual(100);
    }
    for (const [a, b] of [
      ["a", "a5"],
      ["a", "a1"],
      ["a", "a05"],
      ["1-0001.01", "1-0001.02"],
    ] as const) {
      const key = keyBetween(a, b);
      expect(key !== null && a < key && key < b, `${a} < ${key} < ${b}`).toBe(true);
    }
    expect(keyBetween("a", undefined)).toBe("a5");
    expect(keyBetween("a", "a0")).toBeNull();
    expect(keyBetween("b", "a")).toBeNull();
  });
});
