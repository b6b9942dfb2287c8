import type { MatchEvent } from "../../contracts/generated";
import type { Entry } from "../../sports/shared/scoring/entry";
import { opsOf } from "./entry";
import { linesOf } from "./lines";

/** The events that some entries become, in the order of entry, a second between any two. */
export function eventsOf(...entries: Entry[]): MatchEvent[] {
  const known: MatchEvent[] = [];
  for (const [index, entry] of entries.entries()) {
    const ops = opsOf([entry], known, 1_700_000_000_000 + index * 1000);
    const jobs = ops.map((op) => ({
      kind: "add" as const,
      op,
      id: op.eventId,
      at: index,
      attempts: 0,
      state: "waiting" as const,
    }));
    known.push(...linesOf([], jobs, "m").map(({ event }) => event));
  }
  return known;
}
