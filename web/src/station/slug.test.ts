import { expect, it } from "vitest";
import { slugOf } from "./slug";

it.each([
  ["Café São Paulo 1", "cafe-sao-paulo-1"],
  ["  -- The Tower End! --", "the-tower-end"],
  [`${"x".repeat(62)} y`, "x".repeat(62)],
  ["日本", ""],
])("makes of %j the address %j", (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});
