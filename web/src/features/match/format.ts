/** The words of matches and events, in every sport: what differs between sports is asked of the registry. Pure. */
import type { Match, MatchEvent, MatchPeriod } from "../../contracts/generated";
import { SPORTS, type Sport } from "../../sports";
import { KEY_MOMENT, type Mark, type Marked, PLAIN } from "../../sports/shared/marks";
import { isUnderWay, phaseOf, TROUBLED } from "../../sports/shared/match";
import { providerName } from "./providers";

const TITLES: Partial<Record<Match["status"], string>> = {
  delayed: "Delayed",
  postponed: "Postponed",
  break: "Break",
  interrupted: "Interrupted",
  suspended: "Suspended",
  cancelled: "Cancelled",
  abandoned: "Abandoned",
};

/** The few characters that say where a match stands: `67'`, `Q3 04:12`, `49.3 ov`, `Half-time`, `18:30`. */
export function statusText(match: Match, locale?: string): string {
  const title = TITLES[match.status];
  if (match.status === "live") {
    const display = match.clock?.display;
    if (display === undefined) return "Live";
    return SPORTS[match.sport].words.clock(display);
  }
  if (match.status === "break") return match.statusDetail ?? "Break";
  if (title !== undefined) return title;
  if (phaseOf(match) === "over") return SPORTS[match.sport].words.over(match);
  return startText(match.scheduledAt, locale);
}

/** `Sat 21 Nov, 18:30` in the reader's own zone. */
export function startText(at: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  }).format(at);
}

/** The sentence below the score: the result, the chase, why nothing is played, or nothing. */
export function sentence(match: Match): string | null {
  if (match.outcome !== undefined) return match.outcome.text;
  if (TROUBLED.has(match.status)) return match.statusDetail ?? null;
  return match.status === "live" ? SPORTS[match.sport].words.liveSentence(match) : null;
}

/** `Aggregate 3-2`, the sides in their order; null where it is not known. */
export function aggregateText(match: Match): string | null {
  const { aggregate } = match;
  if (aggregate === undefined) return null;
  return `Aggregate ${match.competitors.map(({ id }) => aggregate[id] ?? 0).join("-")}`;
}

/** That the score is as a provider states it, since its events do not come to it; null where they do. */
export function statedText(match: Match): string | null {
  const short = statedShort(match);
  return short === null ? null : `${short}; not all of it was told`;
}

/** The same in a list. */
export function statedShort({ stated }: Match): string | null {
  return stated === undefined ? null : `Score as stated by ${providerName(stated.provider)}`;
}

/** What a screen reader hears: `France 2, Croatia 1`; of cricket the side that bats, `India 155 for 6`. */
export function spokenScore(match: Match): string {
  return SPORTS[match.sport].words.spokenScore(match);
}

/** Where the score comes from: `live` and how old it is (seconds), `silent` since when, or only `from` whom. */
export type FeedNews =
  | { state: "live"; provider: string; ageS: number }
  | { state: "silent"; provider: string; since: number | null }
  | { state: "from"; provider: string };

/** What can be said of a match's feed at `now` (Unix ms); null for a match without one. */
export function feedNews(match: Match, now: number): FeedNews | null {
  const { feed } = match;
  if (feed === undefined) return null;
  const provider = providerName(feed.provider);
  if (!isUnderWay(match)) return { state: "from", provider };
  if (feed.stale) return { state: "silent", provider, since: feed.updatedAt ?? null };
  if (feed.updatedAt === undefined) return { state: "from", provider };
  return { state: "live", provider, ageS: Math.max(0, Math.floor((now - feed.updatedAt) / 1000)) };
}

/** `14:02` in the reader's own zone, with the day where that is another one than `now`'s. */
export function timeText(at: number, now: number, locale?: string): string {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(locale, {
    ...(sameDay ? {} : { weekday: "short", day: "numeric", month: "short" }),
    hour: "2-digit",
    minute: "2-digit",
  }).format(at);
}

/** `2-1 → 1-1`, or where scores are longer than a number the sides that changed: `India 155/6 → 151/6`. */
export function changeText(match: Match, from: Record<string, string>, to: Record<string, string>): string {
  return SPORTS[match.sport].words.changeText(match, from, to);
}

export function title(match: Match): string {
  return match.competitors.map((side) => side.name).join(" v ");
}

/** A period's short name for the head of a column. */
export function periodName(match: Match, period: MatchPeriod): string {
  return SPORTS[match.sport].words.periodName(match, period);
}

/** Types of events that say where the match stands. */
const FRAME = new Set(["period_start", "period_end", "match_end", "status"]);

export function markOf(sport: Sport, event: Marked): Mark {
  return SPORTS[sport].markOf(event) ?? (FRAME.has(event.type) ? KEY_MOMENT : PLAIN);
}

/** Whether an event is worth a line: it says something, and a withdrawn one changed what was shown. */
export function isTold(sport: Sport, event: MatchEvent): boolean {
  const { key } = markOf(sport, event);
  const frame = FRAME.has(event.type);
  if (event.op === "delete" || event.confirmation === "cancelled") return key && !frame;
  return event.commentary.length > 0 || (key && (!frame || statedOf(event) !== null));
}

/** What the act of a match's status says. */
function statedOf(event: MatchEvent): string | null {
  if (event.type !== "status") return null;
  const { text, status } = event.detail;
  return typeof text === "string" ? text : typeof status === "string" ? status : null;
}

/**
 * The words of an event in the reader's language, else in the first there is, else what its type says. A clock that
 * the words begin with is left out: it stands beside them.
 */
export function tell(sport: Sport, event: MatchEvent, languages: readonly string[]): string {
  const words = wordsOf(sport, event, languages);
  const clock = event.clock?.display;
  return clock !== undefined && words.startsWith(`${clock} `) ? words.slice(clock.length + 1) : words;
}

function wordsOf(sport: Sport, event: MatchEvent, languages: readonly string[]): string {
  for (const wanted of languages) {
    const found = event.commentary.find(({ lang }) => lang.split("-")[0] === wanted.split("-")[0]);
    if (found !== undefined) return found.text;
  }
  const first = event.commentary[0]?.text;
  if (first !== undefined) return first;
  const words = statedOf(event) ?? (markOf(sport, event).spoken || event.type.replaceAll("_", " "));
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A clock that counts down, moved on from the moment it was stated; null where it cannot be. */
export function runningClock(match: Match, now: number): string | null {
  const clock = match.clock;
  if (clock === undefined || !clock.running || clock.direction !== "down" || clock.remainingS === undefined)
    return null;
  const passed = (now - (match.at ?? match.updatedAt)) / 1000;
  // A statement this old is no longer about the present play; show it as it was made.
  if (passed < 0 || passed > 30) return null;
  const left = Math.max(0, Math.floor(clock.remainingS - passed));
  const text = `${String(Math.floor(left / 60)).padStart(2, "0")}:${String(left % 60).padStart(2, "0")}`;
  return clock.display.replace(/\d+:\d\d$/, text);
}
