import type {
  EventPage,
  Match,
  MatchEvent,
  MatchRescored,
  MatchSnapshot,
  MatchTimeline,
  ScoreChange,
  TimelineEvent,
} from "../contracts/generated";

/**
 * A match as far as this page knows it. `events`: newest first by place in the match; `snapshotSeq`: events up to
 * there are in the snapshot or on older pages; `next`: cursor of the older page, null when all are loaded (each
 * event takes one number or more of `seq`), undefined while unknown.
 *
 * `course`: what charts and lists of scorers are drawn from, null until somebody asked for it; `late`: events that came
 * while it was read for the first time, which are applied to it; null otherwise. `isCharted`: which events a course has,
 * said by who asks for it. `epoch` grows with each snapshot, and when more was corrected than is told: what was read
 * over HTTP before may then be outdated. `visit` grows when this page leaves the room.
 */
export interface MatchState {
  isCharted: IsCharted;
  match: Match | null;
  events: readonly MatchEvent[];
  snapshotSeq: number;
  next: string | null | undefined;
  corrections: readonly ScoreChange[];
  course: Course | null;
  late: readonly MatchEvent[] | null;
  epoch: number;
  visit: number;
  deleted: boolean;
}

/** Whether the charts of a match's sport are drawn from an event. */
export type IsCharted = (event: Pick<TimelineEvent, "type" | "detail">) => boolean;

/** The events of `MatchTimeline` in the order of play, as of an epoch. */
export interface Course {
  epoch: number;
  seq: number;
  events: readonly TimelineEvent[];
}

export type MatchAction =
  | { type: "snapshot"; snapshot: MatchSnapshot }
  | { type: "updated"; match: Match }
  | { type: "event"; event: MatchEvent }
  | { type: "corrected"; change: ScoreChange }
  | { type: "rescored"; rescored: MatchRescored }
  | { type: "older"; page: EventPage }
  | { type: "reading"; isCharted: IsCharted }
  | { type: "course"; epoch: number; timeline: MatchTimeline }
  | { type: "deleted" }
  | { type: "left" };

export const emptyMatch: MatchState = {
  isCharted: () => false,
  match: null,
  events: [],
  snapshotSeq: 0,
  next: undefined,
  corrections: [],
  course: null,
  late: null,
  epoch: 0,
  visit: 0,
  deleted: false,
};

/** A page follows one match; the longest real one in our data has 1,462 events. */
export const EVENT_BOUND = 3_000;
const CORRECTION_BOUND = 20;
/** More does not happen while one answer is on its way. */
const LATE_BOUND = 200;

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
    case "reading":
      return { ...state, isCharted: action.isCharted, late: state.late ?? [] };
    case "course": {
      const { seq, events } = action.timeline;
      const read: Course = { epoch: action.epoch, seq, events };
      const late = [...(state.late ?? [])].filter((event) => event.seq > seq);
      const onto = (course: Course, event: MatchEvent) => onCourse(course, event, state.isCharted(event));
      return { ...state, course: late.reduce(onto, read), late: null };
    }
    case "deleted":
      return { ...state, deleted: true };
    case "left":
      return { ...state, course: null, late: null, visit: state.visit + 1 };
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
    course: same ? state.course : null,
    late: same ? state.late : null,
    isCharted: state.isCharted,
    epoch: state.epoch + 1,
    visit: state.visit,
    deleted: false,
  };
}

function isNewer(match: Match, known: Match | null): boolean {
  if (known === null || known.id !== match.id) return true;
  return match.seq === known.seq ? match.version > known.version : match.seq > known.seq;
}

function withEvent(before: MatchState, event: MatchEvent): MatchState {
  const state = withCourse(before, event);
  const known = state.events.some((other) => eventKey(other) === eventKey(event));
  const oldest = state.events.at(-1);
  // Further down than this page has loaded: it comes with its page.
  if (!known && state.next !== null && oldest !== undefined && byPlay(event, oldest) > 0) return state;
  const events = merge(state.events, [event]);
  return events === state.events ? state : { ...state, events };
}

function withCourse(state: MatchState, event: MatchEvent): MatchState {
  const charted = state.isCharted(event);
  const matters = charted || event.op !== "add";
  const late = state.late === null || !matters ? state.late : [...state.late, event].slice(-LATE_BOUND);
  const course = state.course === null ? null : onCourse(state.course, event, charted);
  return late === state.late && course === state.course ? state : { ...state, late, course };
}

/** A course with one event more, corrected or withdrawn; what is not `charted` only takes away what it was before. */
function onCourse(course: Course, event: MatchEvent, charted: boolean): Course {
  const key = eventKey(event);
  const known = course.events.find((other) => eventKey(other) === key);
  if (known !== undefined ? known.seq >= event.seq : !charted || event.seq <= course.seq) return course;
  const others = known === undefined ? course.events : course.events.filter((other) => other !== known);
  const stands = event.op !== "delete" && event.confirmation !== "cancelled";
  if (!stands || !charted) return { ...course, seq: Math.max(course.seq, event.seq), events: others };
  const at = others.findLastIndex((other) => byPlay(event, other) < 0) + 1;
  const events = [...others.slice(0, at), event, ...others.slice(at)].slice(-EVENT_BOUND);
  return { ...course, seq: Math.max(course.seq, event.seq), events };
}

/** The score after lines that this page has; where more of them changed than are told, the earlier ones go. */
function withScores(state: MatchState, { events, more }: MatchRescored): MatchState {
  const scores = new Map(events.map((line) => [eventKey(line), line.scoreAfter]));
  const last = events.at(-1);
  const end = state.events.findIndex((known) => last !== undefined && eventKey(known) === eventKey(last));
  const kept = more && end >= 0 ? state.events.slice(0, end + 1) : state.events;
  const rescored = <E extends TimelineEvent>(known: E): E =>
    scores.has(eventKey(known)) ? { ...known, scoreAfter: scores.get(eventKey(known)) } : known;
  return {
    ...state,
    events: kept.map(rescored),
    next: kept === state.events ? state.next : undefined,
    course: state.course === null ? null : { ...state.course, events: state.course.events.map(rescored) },
    epoch: more ? state.epoch + 1 : state.epoch,
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

type Placed = Pick<MatchEvent, "period" | "orderKey" | "provider" | "eventId">;

/** The order of play as the server reads it (period, feed's order, provider, event), from the beginning on. */
export function inPlay(a: Placed, b: Placed): number {
  return (
    a.period - b.period ||
    ascending(a.orderKey, b.orderKey) ||
    ascending(a.provider, b.provider) ||
    ascending(a.eventId, b.eventId)
  );
}

/** The same, newest first. */
const byPlay = (a: Placed, b: Placed) => inPlay(b, a);

function ascending(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
