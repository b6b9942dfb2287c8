import { afterEach, beforeEach, expect, it, vi } from "vitest";

beforeEach(() => {
  vi.stubGlobal("addEventListener", () => undefined);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it("waits longer each time, never more than ten seconds, and not all listeners at once", async () => {
  const { retryDelay } = await import("./player");
  const slowest = [0, 1, 2, 3, 4, 5, 20].map((attempt) => retryDelay(attempt, () => 1));
  expect(slowest).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  expect(retryDelay(3, () => 0)).toBe(2000);
});
