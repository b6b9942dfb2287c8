import { expect, it } from "vitest";
import { ageText, clockText } from "./duration";

it.each([
  [-5, "00:00"],
  [61_900, "01:01"],
  [3_723_000, "1:02:03"],
])("writes %d ms as %s", (ms, text) => {
  expect(clockText(ms)).toBe(text);
});

it.each([
  [3.9, "3 s"],
  [245, "4 min"],
  [7_500, "2 h 05 min"],
  [600_000, "6 d"],
])("writes an age of %d s as %s", (seconds, text) => {
  expect(ageText(seconds)).toBe(text);
});
