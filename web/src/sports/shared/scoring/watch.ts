/** The scorer's watch, that entries take their time from. Pure: moments are handed in; a sport says its rules. */
import type { Match, NewEventClock } from "../../../contracts/generated";

/** A scorer's watch: `playedS` of the period when it was last touched, and whether it has run since (server's ms). */
export interface Watch {
  period: number;
  playedS: number;
  since: number | null;
}

export type Config = Readonly<Record<string, unknown>>;

/** How a sport measures time. `config`: the settings of the match. */
export interface WatchRules {
  /** Whether its clock shows what is left of a period; otherwise it counts through the match. */
  countsDown: boolean;
  /** Seconds of the match that come before a period, and those that it should last (0: it is not measured). */
  spanOf: (period: number, config: Config) => { before: number; length: number };
  /** What the watch calls a period. */
  titleOf: (period: number, config: Config) => string;
  /** The clock of an event after `played` whole seconds of a period that is measured. */
  clockAt: (period: number, played: number, config: Config) => NewEventClock;
  /** The time that a written clock stands for; empty where it is none. */
  readClock: (text: string, period: number, config: Config) => { playedS?: number; remainingS?: number };
}

export interface Timing {
  rules: WatchRules;
  config: Config;
}

/** A number of a match's settings. */
export function setting(value: unknown, usual: number): number {
  return typeof value === "number" ? value : usual;
}

export function playedS(watch: Watch, now: number): number {
  return watch.since === null ? watch.playedS : watch.playedS + Math.max(0, now - watch.since) / 1000;
}

export function started(watch: Watch, now: number): Watch {
  return watch.since === null ? { ...watch, since: now } : watch;
}

export function stopped(watch: Watch, now: number): Watch {
  return { ...watch, playedS: playedS(watch, now), since: null };
}

/** The watch at another time of the period, running or not as before. */
export function setTo(watch: Watch, seconds: number, now: number): Watch {
  return { ...watch, playedS: Math.max(0, seconds), since: watch.since === null ? null : now };
}

/** The watch of a period that begins now; it stands still where no clock measures the period. */
export function begun(period: number, { rules, config }: Timing, now: number): Watch {
  return { period, playedS: 0, since: rules.spanOf(period, config).length === 0 ? null : now };
}

/** `04:12` */
export function minutesAndSeconds(seconds: number): string {
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

/** What the watch shows: `67:12` where it counts through the match, `04:12` where it counts down a period. */
export function face(watch: Watch, { rules, config }: Timing, now: number): string {
  const { before, length } = rules.spanOf(watch.period, config);
  const played = playedS(watch, now);
  return minutesAndSeconds(
    rules.countsDown ? Math.ceil(Math.max(0, length - played)) : Math.floor(before + played),
  );
}

/** Seconds of the period that a face stands for; null for what is no time. */
export function readFace(text: string, period: number, { rules, config }: Timing): number | null {
  const found = /^\s*(\d{1,3}):([0-5]?\d)\s*$/.exec(text);
  if (found === null) return null;
  const seconds = Number(found[1]) * 60 + Number(found[2]);
  const { before, length } = rules.spanOf(period, config);
  return Math.max(0, rules.countsDown ? length - seconds : seconds - before);
}

/** The clock of an event of now, in the words of its sport: `67'`, `45+2'`, `Q3 04:12`. */
export function eventClock(watch: Watch, { rules, config }: Timing, now: number): NewEventClock | undefined {
  if (watch.period === 0 || rules.spanOf(watch.period, config).length === 0) return undefined;
  return rules.clockAt(watch.period, Math.floor(playedS(watch, now)), config);
}

/** The watch of somebody who comes to a match that others have scored: where its newest event says it is. */
export function watchOf(match: Match, { rules, config }: Timing): Watch {
  const { clock } = match;
  if (clock === undefined) return { period: 0, playedS: 0, since: null };
  const { before, length } = rules.spanOf(clock.period, config);
  const played = rules.countsDown
    ? length - (clock.remainingS ?? length)
    : Math.max(0, (clock.playedS ?? before) - before);
  const since = clock.running ? (match.at ?? match.updatedAt) : null;
  return { period: clock.period, playedS: played, since };
}
