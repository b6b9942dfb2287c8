import type { MatchEvent } from "./generated";

/** A match event as the server tells it, for tests: commentary of the first period, but for `more`. */
export function matchEvent(more: Partial<MatchEvent> & Pick<MatchEvent, "type">): MatchEvent {
  return {
    matchId: "m",
    eventId: "e",
    revision: 0,
    op: "add",
    seq: 1,
    orderKey: "1",
    period: 1,
    occurredAt: 0,
    receivedAt: 0,
    at: 0,
    provider: "p",
    confirmation: "confirmed",
    detail: {},
    players: [],
    commentary: [],
    ...more,
  };
}
