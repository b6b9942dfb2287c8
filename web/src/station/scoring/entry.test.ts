import { describe, expect, it } from "vitest";
import type { Person } from "../../sports/shared/scoring/entry";
import { strangerIn } from "./entry";

const SIDE = { id: "red" };
const KNOWN: Person[] = [
  { id: "red-1", name: "Ann Abbot", number: 1 },
  { id: "red-10", name: "Zoé Smithson", number: 10 },
];

describe("somebody whom no line-up knows", () => {
  it("can be entered by number or by name", () => {
    expect(strangerIn(SIDE, "17", KNOWN)).toEqual({ id: "red-number-17", name: "Number 17" });
    expect(strangerIn(SIDE, "0", [])?.name).toBe("Number 0");
    expect(strangerIn(SIDE, "New Face", KNOWN)).toEqual({ id: "red-new-face", name: "New Face" });
    expect(strangerIn(SIDE, "老王", KNOWN)?.name).toBe("老王");
  });
  it("also where the beginning fits somebody else", () => {
    expect(strangerIn(SIDE, "Smith", KNOWN)?.name).toBe("Smith");
    expect(strangerIn(SIDE, "100", KNOWN)?.name).toBe("Number 100");
  });
  it("is nobody who is known", () => {
    for (const typed of ["", "1", "10", "ann abbot", "ZOE SMITHSON"])
      expect(strangerIn(SIDE, typed, KNOWN)).toBeNull();
    expect(strangerIn(SIDE, "17", [...KNOWN, { id: "red-number-17", name: "Number 17" }])).toBeNull();
  });
});
