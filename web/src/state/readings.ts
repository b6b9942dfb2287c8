import { type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { MatchStatistics } from "../contracts/generated";
import { api } from "../net/rest";
import type { Course, IsCharted } from "./match";
import { type MatchRoom, matchRoom } from "./rooms";

/**
 * What a match page reads over HTTP beside its room. It is read when somebody needs it and then kept up to date by the
 * room's events; read again only after a lost connection or a large correction. As all pages learn of these at the
 * same moment, each waits for a moment of its own.
 */
const SPREAD_MS = 8_000;
/** Statistics that are looked at while a match goes on: read again this long after the last time, and up to twice. */
const REFRESH_MS = 20_000;
/** After a failure. */
const AGAIN_MS = 15_000;

export interface Reading<T> {
  value: T | null;
  failed: boolean;
  again: () => void;
}

/** Statistics, and the epoch and visit that they were read in. */
interface Held {
  epoch: number;
  visit: number;
  value: MatchStatistics | null;
  failed: boolean;
  /** When they were read, by this device's clock that only goes on. */
  at: number;
}

/** Matches whose statistics this page keeps; beyond, the first are read again when they are looked at again. */
const KEPT = 20;
const statistics = new Map<string, Signal<Held>>();
const failures = new Map<string, Signal<boolean>>();
const busy = new Set<string>();

function held(matchId: string): Signal<Held> {
  const known =
    statistics.get(matchId) ?? signal<Held>({ epoch: 0, visit: 0, value: null, failed: false, at: 0 });
  statistics.set(matchId, known);
  for (const other of statistics.keys()) {
    if (statistics.size <= KEPT) break;
    if (other !== matchId) statistics.delete(other);
  }
  return known;
}

function failure(matchId: string): Signal<boolean> {
  const known = failures.get(matchId) ?? signal(false);
  failures.set(matchId, known);
  return known;
}

async function once(key: string, work: () => Promise<void>): Promise<void> {
  if (busy.has(key)) return;
  busy.add(key);
  try {
    await work();
  } finally {
    busy.delete(key);
  }
}

function readCourse(room: MatchRoom, matchId: string, isCharted: IsCharted): Promise<void> {
  return once(`course ${matchId}`, async () => {
    const { epoch } = room.state.peek();
    room.apply({ type: "reading", isCharted });
    try {
      const timeline = await api.matchTimeline(matchId);
      failure(matchId).value = false;
      room.apply({ type: "course", epoch, timeline });
    } catch {
      failure(matchId).value = true;
    }
  });
}

function readStatistics(room: MatchRoom, matchId: string): Promise<void> {
  return once(`statistics ${matchId}`, async () => {
    const { epoch, visit } = room.state.peek();
    const place = held(matchId);
    try {
      const value = await api.matchStatistics(matchId);
      place.value = { epoch, visit, value, failed: false, at: performance.now() };
    } catch {
      place.value = { ...place.peek(), failed: true, at: performance.now() };
    }
  });
}

/** A moment of this page's own within `spread` milliseconds; the first reading of a page that was opened is at once. */
function moment(spread: number): number {
  return Math.random() * spread;
}

/**
 * The course of a match.
 *
 * @param isCharted which events its sport draws charts from
 * @param wanted false asks for nothing
 * @param spread milliseconds, for pages that all learn of it at once
 */
export function useCourse(matchId: string, isCharted: IsCharted, wanted = true, spread = 0): Reading<Course> {
  const room = matchRoom(matchId);
  const { epoch, course } = room.state.value;
  const failed = failure(matchId).value;
  const due = wanted && epoch > 0 && course?.epoch !== epoch;
  const first = course === null && !failed;
  useEffect(() => {
    if (!due) return;
    const wait = first ? moment(spread) : (failed ? AGAIN_MS : 0) + moment(SPREAD_MS);
    const timer = setTimeout(() => void readCourse(room, matchId, isCharted), wait);
    return () => clearTimeout(timer);
  }, [room, matchId, isCharted, due, epoch, first, failed, spread]);
  return {
    value: course,
    failed: failed && course === null,
    again: () => void readCourse(room, matchId, isCharted),
  };
}

/**
 * The statistics of a match. `follow` reads them again while the match goes on and the page is looked at; without, only
 * when something that they count was corrected.
 */
export function useStatistics(matchId: string, follow: boolean, wanted = true): Reading<MatchStatistics> {
  const room = matchRoom(matchId);
  const { epoch, visit, match, events } = room.state.value;
  const { value, failed, at, epoch: readIn, visit: readOn } = held(matchId).value;
  const seq = match?.seq ?? 0;
  const known = value?.seq ?? 0;
  const corrected = events.some((event) => event.seq > known && event.op !== "add" && event.type === "ball");
  const due =
    wanted && epoch > 0 && (value === null || readIn !== epoch || (seq > known && (follow || corrected)));
  const fresh = value === null || readOn !== visit;
  useEffect(() => {
    if (!due) return;
    const read = () => void readStatistics(room, matchId);
    if (fresh && !failed) return read();
    const rest = follow || failed ? Math.max(0, at + REFRESH_MS - performance.now()) : 0;
    const timer = setTimeout(
      () => {
        if (document.visibilityState === "visible") read();
        else document.addEventListener("visibilitychange", read, { once: true });
      },
      rest + moment(follow ? REFRESH_MS : SPREAD_MS),
    );
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", read);
    };
  }, [room, matchId, due, follow, failed, at, fresh]);
  return { value, failed: failed && value === null, again: () => void readStatistics(room, matchId) };
}
