import type {
  EventPage,
  Match,
  MatchEvent,
  MatchRescored,
  MatchSnapshot,
  ScoreChange,
} from "../contracts/generated";

/**
 * A match as far as this page knows it. `events`: newest first by place in the match; `snapshotSeq`: events up to
 * there are in the snapshot or on older pages; `next`: cursor of the older page, null when all are loaded (each
 * event takes one number or more of `seq`), undefined while unknown.
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
  | { type: "rescored"; rescored: MatchRescored }
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
    case "rescored":
      return withScores(state, action.rescored);
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
    same && oldest !== undefined && state.events.some((known) => eventKey(known) === eventKey(oldest));
  return {
    match,
    events: merge(touches ? state.events : [], snapshot.events),
    snapshotSeq: Math.max(snapshot.seq, touches ? state.snapshotSeq : 0),
    next: touches ? state.next : snapshot.events.length >= snapshot.seq ? null : undefined,
    corrections: same ? state.corrections : [],
  };
}

function isNewer(match: Match, known: Match | null): boolean {
  if (known === null || known.id !== match.id) return true;
  return match.seq === known.seq ? match.version > known.version : match.seq > known.seq;
}

function withEvent(state: MatchState, event: MatchEvent): MatchState {
  const known = state.events.some((other) => eventKey(other) === eventKey(event));
  const oldest = state.events.at(-1);
  // Further down than this page has loaded: it comes with its page.
  if (!known && state.next !== null && oldest !== undefined && byPlay(event, oldest) > 0) return state;
  const events = merge(state.events, [event]);
  return events === state.events ? state : { ...state, events };
}

/** The score after lines that this page has; where more of them changed than are told, the earlier ones go. */
function withScores(state: MatchState, { events, more }: MatchRescored): MatchState {
  const scores = new Map(events.map((line) => [eventKey(line), line.scoreAfter]));
  const last = events.at(-1);
  const end = state.events.findIndex((known) => last !== undefined && eventKey(known) === eventKey(last));
  const kept = more && end >= 0 ? state.events.slice(0, end + 1) : state.events;
  return {
    ...state,
    events: kept.map((known) =>
      scores.has(eventKey(known)) ? { ...known, scoreAfter: scores.get(eventKey(known)) } : known,
    ),
    next: kept === state.events ? state.next : undefined,
  };
}

/** The union of two lists, the newest revision of each event, in the order of the match, newest first. */
function merge(known: readonly MatchEvent[], more: readonly MatchEvent[]): readonly MatchEvent[] {
  const byKey = new Map(known.map((event) => [eventKey(event), event]));
  let changed = false;
  for (const event of more) {
    const old = byKey.get(eventKey(event));
    if (
      old !== undefined &&
      (old.seq > event.seq ||
        (old.seq === event.seq &&
          old.revision >= event.revision &&
          JSON.stringify(old.scoreAfter) === JSON.stringify(event.scoreAfter)))
    )
      continue;
    byKey.set(eventKey(event), event);
    changed = true;
  }
  return changed ? [...byKey.values()].sort(byPlay).slice(0, EVENT_BOUND) : known;
}

/** Which event this is, over all its revisions: ids are the provider's own. */
export function eventKey(event: Pick<MatchEvent, "provider" | "eventId">): string {
  return `${event.provider} ${event.eventId}`;
}

/** The order of play as the server reads it (period, feed's order, provider, event), newest first. */
function byPlay(a: MatchEvent, b: MatchEvent): number {
  return (
    b.period - a.period ||
    descending(a.orderKey, b.orderKey) ||
    descending(a.provider, b.provider) ||
    descending(a.eventId, b.eventId)
  );
}

function descending(a: string, b: string): number {
  return a === b ? 0 : a < b ? 1 : -1;
}
