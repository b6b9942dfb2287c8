import type { CreateFeed, Feed, MatchBrief } from "../contracts/generated";
import type { Tone } from "../design/Badge";
import type { Provider } from "../features/match/providers";

interface Option {
  name: string;
  label: string;
  hint: string;
  choices?: readonly string[];
  needed?: boolean;
  /** Any text, such as a selector; else it may stand in an address. */
  free?: boolean;
}

/** What the form asks for; the rules are the server's (`src/feeds/providers/`). */
interface ProviderForm {
  sports: readonly MatchBrief["sport"][];
  key: boolean;
  scoreOnly: boolean;
  /** What the match's id there is; a provider that knows none has no such field. */
  externalId?: string;
  /** It has no address of its own, so that each feed needs one. */
  baseUrl?: true;
  /** Seconds between two questions, at least. */
  leastS?: number;
  options: readonly Option[];
}

export const PROVIDERS: Record<Provider, ProviderForm> = {
  espn: {
    sports: ["football", "basketball"],
    key: false,
    scoreOnly: false,
    externalId: "The number in ESPN's address of the game.",
    options: [
      {
        name: "league",
        label: "League",
        hint: "As in ESPN's addresses: eng.1, uefa.champions, nba.",
        needed: true,
      },
    ],
  },
  sportradar: {
    sports: ["football", "basketball"],
    key: true,
    scoreOnly: false,
    externalId: "Such as sr:sport_event:12345.",
    options: [
      {
        name: "access",
        label: "Access",
        hint: "Your contract's access level.",
        choices: ["trial", "production"],
      },
      {
        name: "push",
        label: "Push stream",
        hint: "Events come within a second, where the contract has it.",
        choices: ["no", "yes"],
      },
      { name: "language", label: "Language", hint: "Of the commentary; en without it." },
    ],
  },
  thesportsdb: {
    sports: ["football", "basketball"],
    key: true,
    scoreOnly: true,
    externalId: "The idEvent of the match.",
    options: [{ name: "version", label: "API version", hint: "2 needs a paid key.", choices: ["1", "2"] }],
  },
  page: {
    sports: ["football", "basketball", "tennis"],
    key: false,
    scoreOnly: true,
    baseUrl: true,
    leastS: 30,
    options: [
      {
        name: "path",
        label: "Path",
        hint: "Of the page, behind the base address: /live/42?lang=en.",
        free: true,
      },
      {
        name: "home",
        label: "Home score",
        hint: "A CSS selector that finds one element.",
        needed: true,
        free: true,
      },
      {
        name: "homePattern",
        label: "Home pattern",
        hint: "A regular expression: which part of its text is the number.",
        free: true,
      },
      {
        name: "away",
        label: "Away score",
        hint: "A CSS selector that finds one element.",
        needed: true,
        free: true,
      },
      { name: "awayPattern", label: "Away pattern", hint: "As above.", free: true },
      {
        name: "homePeriods",
        label: "Home periods",
        hint: "A selector that finds one element for each period.",
        free: true,
      },
      { name: "awayPeriods", label: "Away periods", hint: "As above.", free: true },
      { name: "periodPattern", label: "Period pattern", hint: "For the numbers of both.", free: true },
      {
        name: "status",
        label: "Status",
        hint: "A selector that finds one element.",
        needed: true,
        free: true,
      },
      { name: "statusPattern", label: "Status pattern", hint: "Which part of its text counts.", free: true },
      {
        name: "statuses",
        label: "What the statuses mean",
        hint: "1st half = live 1; HT = break 1; 2nd half = live 2; FT = ended",
        needed: true,
        free: true,
      },
    ],
  },
};

/** `Reds v Blues`. */
export function matchTitle(match: MatchBrief): string {
  return match.competitors.map((side) => side.name).join(" v ");
}

export interface Light {
  tone: Tone;
  text: string;
  /** What it means, and what to do. */
  words: string;
}

/** How a feed fares, the worst first. */
export function lightOf(feed: Feed): Light {
  const { state } = feed;
  if (!feed.enabled)
    return { tone: "plain", text: "Disabled", words: "Nothing is asked; the match keeps what it has." };
  if (state.lastTryAt === undefined && state.lastError !== undefined)
    return {
      tone: "bad",
      text: "Cannot start",
      words: "Something is missing that the feed needs. It starts by itself once that is there.",
    };
  if (state.breaker === "open")
    return {
      tone: "bad",
      text: "Breaker open",
      words:
        "The provider failed again and again, so it is left alone for up to five minutes. It is tried again by itself.",
    };
  if (state.breaker === "half_open")
    return { tone: "bad", text: "Trying again", words: "One question decides whether the provider is back." };
  if (state.stale)
    return {
      tone: "warn",
      text: "Stale",
      words: "There is no good answer since a while. Listeners are told that the score may be old.",
    };
  if (state.failures > 0)
    return {
      tone: "warn",
      text: "Failing",
      words: "The last question had no good answer. It is asked again soon.",
    };
  if (state.lastGoodAt === undefined)
    return {
      tone: "plain",
      text: "Starting",
      words: "It has not been asked yet; the first answer comes in a moment.",
    };
  return { tone: "ok", text: state.connected ? "Pushing" : "OK", words: "The provider answers." };
}

/** A score in the order of the match's sides: `2–1`. */
export function scoreText(match: MatchBrief, scores: Record<string, number>): string {
  return match.competitors.map((side) => scores[side.id] ?? "?").join("–");
}

/** What the events come to now. */
export function foldedOf(match: MatchBrief): Record<string, number> {
  return Object.fromEntries(match.competitors.map((side) => [side.id, side.score]));
}

/** The configuration of a feed, as it is sent. */
export function configurationOf(feed: Feed): Omit<CreateFeed, "matchId"> {
  return {
    provider: feed.provider,
    externalId: feed.externalId,
    baseUrl: feed.baseUrl,
    intervalS: feed.intervalS,
    coverage: feed.coverage,
    enabled: feed.enabled,
    options: feed.options,
    redirectHosts: feed.redirectHosts,
    ...(feed.apiKeyEnv === undefined ? {} : { apiKeyEnv: feed.apiKeyEnv }),
  };
}

/** A kept message for people: JSON set out in lines, anything else (and JSON that was cut) as it came. */
export function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

const MONOGRAM: Record<Provider, string> = { espn: "E", sportradar: "SR", thesportsdb: "DB", page: "W" };

export function monogram(provider: string): string {
  return MONOGRAM[provider as Provider] ?? provider.slice(0, 2).toUpperCase();
}
