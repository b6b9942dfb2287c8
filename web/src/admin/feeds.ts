import type { CreateFeed, Feed, MatchBrief } from "../contracts/generated";
import type { Tone } from "../design/Badge";
import type { Provider } from "../features/match/providers";

interface Option {
  name: string;
  label: string;
  hint: string;
  choices?: readonly string[];
  needed?: boolean;
}

/** What the form asks for; the rules are the server's (`feeds/providers/registry.py`). */
interface ProviderForm {
  sports: readonly MatchBrief["sport"][];
  key: boolean;
  scoreOnly: boolean;
  externalId: string;
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

const MONOGRAM: Record<Provider, string> = { espn: "E", sportradar: "SR", thesportsdb: "DB" };

export function monogram(provider: string): string {
  return MONOGRAM[provider as Provider] ?? provider.slice(0, 2).toUpperCase();
}
