import { describe, expect, it } from "vitest";
import { all, deskOf } from "../../shared/scoring/desk.testing";
import type { Entry } from "../../shared/scoring/entry";
import { scoring } from ".";
import { basketballPad } from "./pad";

describe("basketball", () => {
  it("has each key once, and goes into overtime while it is level", () => {
    const entries: Entry[] = [{ type: "period_start", period: 1 }];
    const pad = () => all(basketballPad(deskOf("basketball", scoring.playTypes, entries, { periods: 2 })));
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
