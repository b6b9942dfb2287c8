import { expect, it } from "vitest";
import { better } from "./clock";

it("takes the middle of the round trip as the moment of the server's time", () => {
  expect(better(null, { sentAt: 1000, serverTime: 6050, answeredAt: 1100 }).offset).toBe(5000);
});

it("prefers a short round trip, until it is old", () => {
  const good = better(null, { sentAt: 0, serverTime: 510, answeredAt: 20 });
  const slow = { sentAt: 1000, serverTime: 1900, answeredAt: 1400 };
  expect(better(good, slow)).toBe(good);
  const muchLater = { sentAt: 3_600_000, serverTime: 3_600_700, answeredAt: 3_600_400 };
  expect(better(good, muchLater).offset).toBe(500);
});
