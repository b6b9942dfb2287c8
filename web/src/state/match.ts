import type { EventPage, Match, MatchEvent, MatchSnapshot, ScoreChange } from "../contracts/generated";

/**
 * A match as far as this page knows it. `events`: newest first by place in the match; `snapshotSeq`: events up to
 * there are in the snapshot or on older pages; `next`: cursor of the older page, null when all are loaded,
 * undefined while unknown.
 */
export interface MatchState {
  match: Match | null;
  events: readonly MatchEvent[];
  snapshotSeq: number;
  next: string | null | undefined;
  corrections: readonly ScoreChange[];
}

export type MatchAction =
  | { type: "snapshot"; snapshot: MatchSnapshot }
  | { type: "updated"; match: Match }
  | { type: "event"; event: MatchEvent }
  | { type: "corrected"; change: ScoreChange }
  | { type: "older"; page: EventPage };

export const emptyMatch: MatchState = {
  match: null,
  events: [],
  snapshotSeq: 0,
  next: undefined,
  corrections: [],
};

/** A page follows one match; the longest real one in our data has 1,462 events. */
export const EVENT_BOUND = 3_000;
const CORRECTION_BOUND = 20;

export function matchReducer(state: MatchState, action: MatchAction): MatchState {
  switch (action.type) {
    case "snapshot":
      return fromSnapshot(state, action.snapshot);
    case "updated":
      return isNewer(action.match, state.match) ? { ...state, match: action.match } : state;
    case "event":
      return withEvent(state, action.event);
    case "corrected": {
      if (state.corrections.some((known) => known.seq === action.change.seq)) return state;
      const corrections = [action.change, ...state.corrections].sort((a, b) => b.seq - a.seq);
      return { ...state, corrections: corrections.slice(0, CORRECTION_BOUND) };
    }
    case "older":
      return {
        ...state,
        events: merge(state.events, action.page.items),
        next: action.page.next ?? null,
      };
  }
}

function fromSnapshot(state: MatchState, snapshot: MatchSnapshot): MatchState {
  const same = state.match?.id === snapshot.match.id;
  const match = same && !isNewer(snapshot.match, state.match) ? state.match : snapshot.match;
  // Older pages are kept only where the new snapshot reaches down to them: never with a gap between.
  const oldest = snapshot.events.at(-1);
  const touches =
    same && oldest !== undefined && state.events.some((known) => known.eventId === oldest.eventId);
  return {
    match,
    events: merge(touches ? state.events : [], snapshot.events),
    snapshotSeq: Math.max(snapshot.seq, touches ? state.snapshotSeq : 0),
    next: touches ? state.next : undefined,
    corrections: same ? state.corrections : [],
  };
}

function isNewer(match: Match, known: Match | null): boolean {
  if (known === null || known.id !== match.id) return true;
  return match.seq === known.seq ? match.version > known.version : match.seq > known.seq;
}

function withEvent(state: MatchState, event: MatchEvent): MatchState {
  const known = state.events.some((other) => other.eventId === event.eventId);
  const oldest = state.events.at(-1);
  // Further down than this page has loaded: it comes with its page.
  if (!known && state.next !== null && oldest !== undefined && order(event, oldest) > 0) return state;
  const events = merge(state.events, [event]);
  return events === state.events ? state : { ...state, events };
}

/** The union of two lists, the newest revision of each event, in the order of the match, newest first. */
function merge(known: readonly MatchEvent[], more: readonly MatchEvent[]): readonly MatchEvent[] {
  const byId = new Map(known.map((event) => [event.eventId, event]));
  let changed = false;
  for (const event of more) {
    const old = byId.get(event.eventId);
    if (
      old !== undefined &&
      (old.seq > event.seq || (old.seq === event.seq && old.revision >= event.revision))
    )
      continue;
    byId.set(event.eventId, event);
    changed = true;
  }
  return changed ? [...byId.values()].sort(order).slice(0, EVENT_BOUND) : known;
}

/** Newest first: by period, by the feed's order within it, then by arrival. */
function order(a: MatchEvent, b: MatchEvent): number {
  if (a.orderKey !== b.orderKey) return a.orderKey < b.orderKey ? 1 : -1;
  return b.seq - a.seq;
}
