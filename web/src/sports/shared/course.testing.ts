/** Events of a course and matches for the tests of charts. */
import type { Match, TimelineEvent } from "../../contracts/generated";

let count = 0;

export function event(type: string, more: Partial<TimelineEvent> = {}): TimelineEvent {
  count += 1;
  return {
    provider: "p",
    eventId: `e${count}`,
    seq: count,
    orderKey: String(count).padStart(6, "0"),
    type,
    period: 1,
    detail: {},
    players: [],
    competitorId: "h",
    ...more,
  };
}

export function match(sport: Match["sport"], more: Partial<Match> = {}): Match {
  const side = { type: "team" as const, score: 0, scoreDisplay: "0" };
  return {
    id: "m",
    sport,
    competition: { id: "c", name: "Cup" },
    scheduledAt: 0,
    competitors: [
      { ...side, id: "h", name: "Home", abbreviation: "HOM" },
      { ...side, id: "a", name: "Away", abbreviation: "AWY" },
    ],
    status: "live",
    periods: [],
    seq: 1,
    version: 1,
    updatedAt: 0,
    externalIds: {},
    ...more,
  };
}
