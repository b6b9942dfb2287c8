import { expect, it } from "vitest";
import { retryDelay } from "./retry";

it("waits longer each time, never more than ten seconds, and not all listeners at once", () => {
  const slowest = [0, 1, 2, 3, 4, 5, 20].map((attempt) => retryDelay(attempt, () => 1));
  expect(slowest).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  expect(retryDelay(3, () => 0)).toBe(2000);
});
