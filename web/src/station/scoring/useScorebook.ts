import { useEffect, useMemo } from "preact/hooks";
import type { Match, MatchSetup } from "../../contracts/generated";
import { serverNow as estimated } from "../../net/clock";
import { link } from "../../net/socket";
import type { Missing, SportScoring } from "../../sports/scoring";
import type { Action, Desk, Group } from "../../sports/shared/scoring/actions";
import { eventClock, type Timing, type Watch, watchOf } from "../../sports/shared/scoring/watch";
import { useMatchRoom } from "../../state/hooks";
import { type Book, bookOf } from "./book";
import { progressOf } from "./entry";
import { isShown, type Line, linesOf, standing } from "./lines";
import type { Job } from "./queue";

/** The server's time in whole milliseconds, as events have it. */
export const serverNow = () => Math.round(estimated());

export interface TableProps {
  match: Match;
  setup: MatchSetup;
  userId: string;
}

/** A match as its scorer has it: what is stored and what waits, and all that can be entered now. */
export interface Scorebook {
  match: Match;
  scoring: SportScoring;
  book: Book;
  jobs: readonly Job[];
  /** In the order of play. */
  lines: readonly Line[];
  desk: Desk;
  /** Null in a sport without a clock. */
  timing: Timing | null;
  watch: Watch;
  groups: readonly Group[];
  actions: readonly Action[];
  missing: Missing | null;
}

/** Where no clock measures the match. */
const UNTIMED: Watch = { period: 0, playedS: 0, since: null };

/** Keeps a match's book: sends what waits whenever there is a network, and says where the match stands. */
export function useScorebook({ match, setup, userId }: TableProps, scoring: SportScoring): Scorebook {
  const { config } = setup;
  const { events } = useMatchRoom(match.id).state.value;
  const book = useMemo(() => bookOf(match.id, userId), [match.id, userId]);
  const jobs = book.queue.jobs.value;
  const lines = linesOf(events, jobs, match.id);
  const stands = standing(lines);
  const progress = progressOf(stands, scoring.playTypes);
  const timing = scoring.watch === null ? null : { rules: scoring.watch, config };
  const own = book.watch.value;
  // Another window, or somebody else, has begun the next period.
  const overtaken = own !== null && progress.stage === "play" && own.period !== progress.period;
  const watch = own !== null && !overtaken ? own : timing === null ? UNTIMED : watchOf(match, timing);
  const desk: Desk = {
    match,
    config,
    events: stands,
    progress,
    places: book.places.value,
    clock: () =>
      timing !== null && watch.period === progress.period
        ? eventClock(watch, timing, serverNow())
        : undefined,
  };
  const groups = scoring.padOf(desk);

  useEffect(() => book.queue.settle(isShown(events)), [book, events, jobs]);
  const online = link.value === "online";
  useEffect(() => {
    if (online) void book.queue.flush();
  }, [book, online]);
  useEffect(() => {
    const flush = () => void book.queue.flush();
    addEventListener("online", flush);
    flush();
    return () => {
      removeEventListener("online", flush);
      book.queue.stop();
    };
  }, [book]);

  return {
    match,
    scoring,
    book,
    jobs,
    lines,
    desk,
    timing,
    watch,
    groups,
    actions: groups.flatMap(({ actions }) => actions),
    missing: scoring.missingOf?.(desk) ?? null,
  };
}
