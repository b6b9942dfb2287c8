import { expect, it } from "vitest";
import type { Feed } from "../contracts/generated";
import { configurationOf, lightOf, pretty, scoreText } from "./feeds";

const SIDES = [
  { id: "red", name: "Reds", abbreviation: "RED", score: 1, scoreDisplay: "1" },
  { id: "blue", name: "Blues", abbreviation: "BLU", score: 0, scoreDisplay: "0" },
];

function feed(state: Partial<Feed["state"]> = {}, more: Partial<Feed> = {}): Feed {
  return {
    id: "f",
    matchId: "m",
    match: {
      id: "m",
      sport: "football",
      competition: "League",
      scheduledAt: 0,
      status: "live",
      competitors: SIDES,
    },
    provider: "espn",
    externalId: "7",
    baseUrl: "https://provider.example",
    intervalS: 10,
    coverage: "events",
    enabled: true,
    origin: "rest",
    options: { league: "eng.1" },
    redirectHosts: [],
    state: {
      stale: false,
      connected: false,
      breaker: "closed",
      failures: 0,
      errors: 0,
      rejected: 0,
      skipped: {},
      lastTryAt: 1,
      lastGoodAt: 1,
      ...state,
    },
    ...more,
  };
}

it("shows the worst of what is wrong", () => {
  const named = (state: Partial<Feed["state"]>, more: Partial<Feed> = {}) => lightOf(feed(state, more)).text;
  expect(named({})).toBe("OK");
  expect(named({ connected: true })).toBe("Pushing");
  expect(named({ lastGoodAt: undefined as never })).toBe("Starting");
  expect(
    named({
      lastTryAt: undefined as never,
      stale: true,
      lastError: "The environment variable FEED_X is not set.",
    }),
  ).toBe("Cannot start");
  expect(named({ failures: 1 })).toBe("Failing");
  expect(named({ failures: 1, stale: true })).toBe("Stale");
  expect(named({ failures: 5, stale: true, breaker: "open" })).toBe("Breaker open");
  expect(named({ stale: true, breaker: "open" }, { enabled: false })).toBe("Disabled");
});

it("sends back all of a configuration, so that a change of one thing changes nothing else", () => {
  const known = feed({}, { apiKeyEnv: "FEED_X", redirectHosts: ["a.example"], enabled: false });
  const { id: _id, matchId: _matchId, match: _match, origin: _origin, state: _state, ...rest } = known;
  expect(configurationOf(known)).toEqual(rest);
  expect("apiKeyEnv" in configurationOf(feed())).toBe(false);
});

it("sets out JSON, and leaves alone what is none", () => {
  expect(pretty('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(pretty('{"a":[1')).toBe('{"a":[1');
});

it("writes a score in the order of the sides", () => {
  expect(scoreText(feed().match, { blue: 2, red: 1 })).toBe("1–2");
});
