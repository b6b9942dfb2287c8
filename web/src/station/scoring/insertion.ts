import { eventKey } from "../../state/match";
import type { Line } from "./lines";
import { keyBetween } from "./order";

/** The same operations at a place further back, at that place's time; null where nothing goes in between. */
export function inserted<Op extends { period: number; orderKey: string; detail?: Record<string, unknown> }>(
  ops: readonly Op[],
  after: Line,
  lines: readonly Line[],
): Op[] | null {
  const { event } = after;
  const index = lines.findIndex((line) => eventKey(line.event) === eventKey(event));
  const following = lines.slice(index + 1).find((line) => line.event.period === event.period);
  let before = event.orderKey;
  const moved: Op[] = [];
  for (const op of ops) {
    const orderKey = keyBetween(before, following?.event.orderKey);
    if (orderKey === null) return null;
    before = orderKey;
    const over = typeof event.detail.over === "number" ? { over: event.detail.over } : {};
    moved.push({
      ...op,
      period: event.period,
      orderKey,
      detail: { ...op.detail, ...(op.detail && "over" in op.detail ? over : {}) },
      ...(event.clock === undefined ? {} : { clock: event.clock }),
    });
  }
  return moved;
}
