import { expect, it } from "vitest";
import type { LineupPlayer } from "../../contracts/generated";
import { formationName, formationOf, inOrder } from "./lineup";

const eleven = (...positions: string[]): LineupPlayer[] =>
  positions.map((position, index) => ({ id: String(index), name: `P ${index}`, position }));

it("finds the rows of a formation in words and in short forms", () => {
  const short = eleven("ST", "LW", "RW", "CM", "CM", "DM", "RB", "LB", "CB", "CB", "GK");
  const rows = formationOf(short);
  expect(rows?.map((row) => row.map(({ position }) => position).join(" "))).toEqual([
    "GK",
    "LB CB CB RB",
    "CM CM DM",
    "LW ST RW",
  ]);
  expect(rows === null ? "" : formationName(rows)).toBe("4-3-3");
  const words = eleven("Goalkeeper", ...Array(5).fill("Defender"), ...Array(4).fill("Midfielder"), "Forward");
  expect(formationName(formationOf(words) ?? [])).toBe("5-4-1");
  expect(inOrder(short)[0]?.position).toBe("GK");
});

it("draws no formation that it would have to guess", () => {
  expect(formationOf(eleven("GK", "CB"))).toBeNull();
  expect(formationOf(eleven(...Array(11).fill("Defender")))).toBeNull();
  expect(formationOf(eleven("GK", ...Array(9).fill("CB"), "Libero supremo"))).toBeNull();
});
