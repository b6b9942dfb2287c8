import type { Competitor, Match, MatchEvent, MatchPeriod } from "../../contracts/generated";
import { costsWicket } from "./dismissal";

export type Phase = "upcoming" | "live" | "pause" | "over";

const PHASES: Record<Match["status"], Phase> = {
  scheduled: "upcoming",
  delayed: "upcoming",
  postponed: "upcoming",
  live: "live",
  break: "pause",
  interrupted: "pause",
  suspended: "pause",
  cancelled: "over",
  abandoned: "over",
  ended: "over",
  closed: "over",
};

export function phaseOf(match: Match): Phase {
  return PHASES[match.status];
}

/** Whether something is being played, or will go on today. */
export function isUnderWay(match: Match): boolean {
  const phase = phaseOf(match);
  return phase === "live" || phase === "pause";
}

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
    return match.sport === "cricket" ? `${display} ov` : display;
  }
  if (match.status === "break") return match.statusDetail ?? "Break";
  if (title !== undefined) return title;
  if (phaseOf(match) === "over") {
    if (match.sport === "cricket") return "Result";
    return match.statusDetail === undefined || match.statusDetail === match.outcome?.text
      ? "Final"
      : match.statusDetail;
  }
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

const TROUBLED = new Set<Match["status"]>([
  "delayed",
  "postponed",
  "interrupted",
  "suspended",
  "cancelled",
  "abandoned",
]);

/** The sentence below the score: the result, the chase, why nothing is played, or nothing. */
export function sentence(match: Match): string | null {
  if (match.outcome !== undefined) return match.outcome.text;
  if (TROUBLED.has(match.status)) return match.statusDetail ?? null;
  if (match.sport === "cricket" && match.status === "live") return match.statusDetail ?? null;
  return null;
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
  return stated === undefined ? null : `Score as stated by ${PROVIDERS[stated.provider] ?? stated.provider}`;
}

/** What a screen reader hears: `France 2, Croatia 1`; of cricket the side that bats, `India 155 for 6`. */
export function spokenScore(match: Match): string {
  const present = match.periods.find((period) => period.number === match.clock?.period);
  const side = match.competitors.find((one) => one.id === present?.detail?.battingId);
  if (side !== undefined && present?.detail !== undefined)
    return `${side.name} ${present.detail.runs} for ${present.detail.wickets}`;
  if (match.sport === "tennis") return match.statusDetail ?? "";
  return match.competitors.map((one) => `${one.name} ${one.scoreDisplay}`).join(", ");
}

const PROVIDERS: Record<string, string> = {
  espn: "ESPN",
  sportradar: "Sportradar",
  thesportsdb: "TheSportsDB",
};

/** Where the score comes from: `live` and how old it is (seconds), `silent` since when, or only `from` whom. */
export type FeedNews =
  | { state: "live"; provider: string; ageS: number }
  | { state: "silent"; provider: string; since: number | null }
  | { state: "from"; provider: string };

/** What can be said of a match's feed at `now` (Unix ms); null for a match without one. */
export function feedNews(match: Match, now: number): FeedNews | null {
  const { feed } = match;
  if (feed === undefined) return null;
  const provider = PROVIDERS[feed.provider] ?? feed.provider;
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
  const sides = match.competitors;
  const line = (scores: Record<string, string>) => sides.map((side) => scores[side.id] ?? "0").join("-");
  const plain = (text: string) => text.replaceAll(/ \(\d+\)/g, "");
  if (match.sport === "football" || match.sport === "basketball") {
    // The shoot-out stands in it only where it is what was corrected.
    const [before, after] = [line(from), line(to)];
    return plain(before) === plain(after) ? `${before} → ${after}` : `${plain(before)} → ${plain(after)}`;
  }
  return sides
    .filter((side) => from[side.id] !== to[side.id])
    .map((side) => `${side.name} ${from[side.id]} → ${to[side.id]}`)
    .join(", ");
}

export function title(match: Match): string {
  return match.competitors.map((side) => side.name).join(" v ");
}

/** A period's short name for the head of a column. */
export function periodName(match: Match, period: MatchPeriod): string {
  const ordinal = match.periods.filter((p) => p.type === period.type && p.number <= period.number).length;
  switch (period.type) {
    case "innings":
    case "super_over": {
      const side = match.competitors.find((c) => c.id === period.detail?.battingId);
      return `${side?.abbreviation ?? ordinal}${period.type === "super_over" ? " SO" : ""}`;
    }
    case "penalties":
      return "Pens";
    case "set":
      return `Set ${ordinal}`;
    case "overtime":
      if (match.sport === "football") return `ET${ordinal}`;
      return ordinal === 1 ? "OT" : `${ordinal}OT`;
    case "regular":
      return match.sport === "basketball" ? `Q${ordinal}` : ordinal === 1 ? "1st" : "2nd";
  }
}

/** Overs as people write them, in balls of six: `17.2` is 104. */
function balls(overs: string): number {
  const [whole = "0", rest = "0"] = overs.split(".");
  return Number(whole) * 6 + Number(rest);
}

/** Runs an over that are still needed in a chase, to two decimals; null where nothing or no ball is left. */
export function requiredRate(period: MatchPeriod): string | null {
  const { target, runs, ballsLeft } = period.detail ?? {};
  if (target === undefined || runs === undefined || ballsLeft === undefined || ballsLeft === 0) return null;
  return runs >= target ? null : (((target - runs) * 6) / ballsLeft).toFixed(2);
}

/** Runs an over of an innings, to two decimals; null before the first ball. */
export function runRate(period: MatchPeriod): string | null {
  if (period.detail === undefined) return null;
  const bowled = balls(period.detail.overs);
  return bowled === 0 ? null : ((period.detail.runs * 6) / bowled).toFixed(2);
}

/** The innings that one side played, first to last. */
export function inningsOf(match: Match, side: Competitor): MatchPeriod[] {
  return match.periods.filter((period) => period.detail?.battingId === side.id);
}

export type Tone = "plain" | "score" | "good" | "bad" | "yellow" | "red";

/** How an event is marked: a few characters, a colour, and whether it belongs to the key moments. */
export interface Mark {
  text: string;
  spoken: string;
  tone: Tone;
  key: boolean;
}

const PLAIN: Mark = { text: "", spoken: "", tone: "plain", key: false };

/** What is marked: an event of the commentary or of a chart. */
export type Marked = Pick<MatchEvent, "type" | "detail" | "scoreAfter"> &
  Partial<Pick<MatchEvent, "op" | "confirmation">>;

/** `detail` is the feed's own, so each field is looked at before it is believed. */
export function markOf(event: Marked): Mark {
  switch (event.type) {
    case "ball":
      return ballMark(event.detail);
    case "goal": {
      const how =
        event.detail.ownGoal === true ? "Own goal" : event.detail.penalty === true ? "Penalty" : "Goal";
      return { text: "Goal", spoken: how, tone: "score", key: true };
    }
    case "card": {
      const red = event.detail.card === "red" || event.detail.card === "second_yellow";
      return { text: "", spoken: red ? "Red card" : "Yellow card", tone: red ? "red" : "yellow", key: true };
    }
    case "penalty_missed":
      return { text: "Miss", spoken: "Penalty missed", tone: "bad", key: true };
    case "shootout_kick": {
      const scored = event.detail.scored === true;
      return {
        text: scored ? "✓" : "✕",
        spoken: scored ? "Scored" : "Missed",
        tone: scored ? "score" : "bad",
        key: true,
      };
    }
    case "var":
      return { text: "VAR", spoken: "Video review", tone: "good", key: true };
    case "review":
      return { text: "DRS", spoken: "Review", tone: "good", key: true };
    case "substitution":
      return { text: "Sub", spoken: "Substitution", tone: "plain", key: false };
    case "shot":
    case "free_throw":
      return basketMark(event);
    case "point":
      return pointMark(event);
    case "retirement":
    case "default":
    case "walkover":
      return { ...PLAIN, key: true };
    case "wicket":
      return wicketsOf(event.detail).some(({ kind }) => costsWicket(kind))
        ? { text: "W", spoken: "Wicket", tone: "score", key: true }
        : { ...PLAIN, key: true };
    case "target":
      return { ...PLAIN, key: true };
    case "penalty_runs":
      return { text: `+${number(event.detail.runs)}`, spoken: "Penalty runs", tone: "good", key: true };
    case "period_start":
    case "period_end":
    case "match_end":
    case "status":
      return { ...PLAIN, key: true };
    default:
      return PLAIN;
  }
}

function wicketsOf(detail: Record<string, unknown>): { kind?: unknown }[] {
  return Array.isArray(detail.wickets) ? (detail.wickets as { kind?: unknown }[]) : [];
}

function basketMark(event: Marked): Mark {
  if (event.detail.made !== true) return PLAIN;
  const points = event.type === "free_throw" ? 1 : number(event.detail.points) || 2;
  return {
    text: `+${points}`,
    spoken: `${points} points`,
    tone: points === 3 ? "score" : "good",
    key: points === 3,
  };
}

/** Points of the game that is played, `40-15`, else the games of the set; null for what is no tennis score. */
export function tennisScore(match: Match, event: Marked): string | null {
  if (match.sport !== "tennis" || event.scoreAfter === undefined) return null;
  const lines = match.competitors.map(({ id }) => event.scoreAfter?.[id] ?? "");
  const points = lines.map((line) => line.split(" · ")[1]);
  const games = lines.map((line) => line.split(" · ")[0]?.split(" ").at(-1)?.replace(/\(.*/, ""));
  return (points.every((one) => one !== undefined) ? points : games).join("-");
}

function pointMark(event: Marked): Mark {
  const lines = Object.values(event.scoreAfter ?? {});
  if (lines.length > 0 && lines.every((line) => !line.includes(" · ")))
    return { text: "Game", spoken: "Game", tone: "good", key: true };
  if (event.detail.result === "ace") return { text: "Ace", spoken: "Ace", tone: "plain", key: false };
  if (event.detail.result === "double_fault")
    return { text: "DF", spoken: "Double fault", tone: "bad", key: false };
  return PLAIN;
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function ballMark(detail: Record<string, unknown>): Mark {
  const extras = (detail.extras ?? {}) as Record<string, unknown>;
  const wickets = wicketsOf(detail).filter(({ kind }) => costsWicket(kind)).length;
  const runs = number(detail.batterRuns);
  if (wickets > 0) return { text: "W", spoken: "Wicket", tone: "score", key: true };
  if (number(extras.wides) > 0) return { text: "wd", spoken: "Wide", tone: "plain", key: false };
  if (number(extras.noballs) > 0) return { text: "nb", spoken: "No ball", tone: "plain", key: false };
  const byes = number(extras.byes) + number(extras.legbyes);
  if (byes > 0 && runs === 0) return { text: `${byes}b`, spoken: `${byes} byes`, tone: "plain", key: false };
  const boundary = (runs === 4 || runs === 6) && detail.nonBoundary !== true;
  return {
    text: runs === 0 ? "•" : String(runs),
    spoken: runs === 0 ? "No run" : runs === 1 ? "1 run" : `${runs} runs`,
    tone: boundary ? "good" : "plain",
    key: boundary,
  };
}

/** The balls of the over that is being bowled, first to last; `events` are newest first. */
export function thisOver(events: readonly MatchEvent[]): MatchEvent[] {
  const bowled = events.filter((event) => event.type === "ball" && event.op !== "delete");
  const last = bowled[0];
  if (last === undefined || typeof last.detail.over !== "number") return [];
  return bowled
    .filter((event) => event.period === last.period && event.detail.over === last.detail.over)
    .reverse();
}

/** Whether an event is worth a line: it says something, and a withdrawn one changed what was shown. */
export function isTold(event: MatchEvent): boolean {
  if (event.op === "delete" || event.confirmation === "cancelled")
    return markOf(event).key && !isFrame(event);
  return event.commentary.length > 0 || (markOf(event).key && (!isFrame(event) || statedOf(event) !== null));
}

/** What the act of a match's status says. */
function statedOf(event: MatchEvent): string | null {
  if (event.type !== "status") return null;
  const { text, status } = event.detail;
  return typeof text === "string" ? text : typeof status === "string" ? status : null;
}

function isFrame(event: MatchEvent): boolean {
  return event.type.startsWith("period_") || event.type === "match_end" || event.type === "status";
}

/**
 * The words of an event in the reader's language, else in the first there is, else what its type says. A clock that
 * the words begin with is left out: it stands beside them.
 */
export function tell(event: MatchEvent, languages: readonly string[]): string {
  const words = wordsOf(event, languages);
  const clock = event.clock?.display;
  return clock !== undefined && words.startsWith(`${clock} `) ? words.slice(clock.length + 1) : words;
}

function wordsOf(event: MatchEvent, languages: readonly string[]): string {
  for (const wanted of languages) {
    const found = event.commentary.find(({ lang }) => lang.split("-")[0] === wanted.split("-")[0]);
    if (found !== undefined) return found.text;
  }
  const first = event.commentary[0]?.text;
  if (first !== undefined) return first;
  const words = statedOf(event) ?? (markOf(event).spoken || event.type.replaceAll("_", " "));
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
