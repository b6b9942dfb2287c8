import type { Match, NewEventClock } from "../../contracts/generated";

/** A scorer's watch: `playedS` of the period when it was last touched, and whether it has run since (server's ms). */
export interface Watch {
  period: number;
  playedS: number;
  since: number | null;
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

interface Timing {
  sport: Match["sport"];
  config: Record<string, unknown>;
}

const number = (value: unknown, otherwise: number) => (typeof value === "number" ? value : otherwise);

/** Seconds that come before a period of football (0 in basketball), and those that it should last. */
export function span(period: number, { sport, config }: Timing): { before: number; length: number } {
  if (sport === "basketball") {
    const regular = period <= number(config.periods, 4);
    const minutes = regular ? number(config.periodMinutes, 12) : number(config.overtimeMinutes, 5);
    return { before: 0, length: minutes * 60 };
  }
  const half = number(config.halfMinutes, 45) * 60;
  const extra = number(config.extraMinutes, 15) * 60;
  if (period <= 2) return { before: Math.max(0, period - 1) * half, length: half };
  if (period <= 4) return { before: 2 * half + (period - 3) * extra, length: extra };
  return { before: 2 * (half + extra), length: 0 };
}

/** What the watch shows: `67:12` counts through a football match, `04:12` down a period of basketball. */
export function face(watch: Watch, timing: Timing, now: number): string {
  const { before, length } = span(watch.period, timing);
  const played = playedS(watch, now);
  const shown =
    timing.sport === "basketball" ? Math.ceil(Math.max(0, length - played)) : Math.floor(before + played);
  return `${String(Math.floor(shown / 60)).padStart(2, "0")}:${String(shown % 60).padStart(2, "0")}`;
}

/** Seconds of the period that a face stands for; null for what is no time. */
export function readFace(text: string, period: number, timing: Timing): number | null {
  const found = /^\s*(\d{1,3}):([0-5]?\d)\s*$/.exec(text);
  if (found === null) return null;
  const seconds = Number(found[1]) * 60 + Number(found[2]);
  const { before, length } = span(period, timing);
  return timing.sport === "basketball" ? Math.max(0, length - seconds) : Math.max(0, seconds - before);
}

/** The clock of an event of now, in the words of its sport: `67'`, `45+2'`, `Q3 04:12`. */
export function eventClock(watch: Watch, timing: Timing, now: number): NewEventClock | undefined {
  if (watch.period === 0) return undefined;
  const { before, length } = span(watch.period, timing);
  const played = Math.floor(playedS(watch, now));
  if (timing.sport === "basketball") {
    const remainingS = Math.max(0, length - played);
    return { display: `${periodLabel(watch.period, timing.config)} ${face(watch, timing, now)}`, remainingS };
  }
  if (length === 0) return undefined;
  const minute = Math.floor(played / 60) + 1;
  const whole = length / 60;
  const display =
    minute <= whole ? `${before / 60 + minute}'` : `${(before + length) / 60}+${minute - whole}'`;
  return { display, playedS: played };
}

/** `Q3`, `H2` where there are halves, `OT`, `2OT`. */
export function periodLabel(period: number, config: Record<string, unknown>): string {
  const periods = number(config.periods, 4);
  if (period <= periods) return `${periods === 2 ? "H" : "Q"}${period}`;
  return period === periods + 1 ? "OT" : `${period - periods}OT`;
}

/** The watch of somebody who comes to a match that others have scored: where its newest event says it is. */
export function watchOf(match: Match, timing: Timing): Watch {
  const { clock } = match;
  if (clock === undefined) return { period: 0, playedS: 0, since: null };
  const { before, length } = span(clock.period, timing);
  const played =
    timing.sport === "basketball"
      ? length - (clock.remainingS ?? length)
      : Math.max(0, (clock.playedS ?? before) - before);
  const since = clock.running ? (match.at ?? match.updatedAt) : null;
  return { period: clock.period, playedS: played, since };
}
