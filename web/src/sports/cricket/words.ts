import type { Match, MatchPeriod } from "../../contracts/generated";
import type { SportWords } from "../definition";
import { ordinalOf, SHARED_WORDS } from "../shared/words";

export function periodName(match: Match, period: MatchPeriod): string {
  const side = match.competitors.find(({ id }) => id === period.detail?.battingId);
  const name = String(side?.abbreviation ?? ordinalOf(match, period));
  return period.type === "super_over" ? `${name} SO` : name;
}

export const words: SportWords = {
  ...SHARED_WORDS,
  clock: (display) => `${display} ov`,
  over: () => "Result",
  liveSentence: ({ statusDetail }) => statusDetail ?? null,
  /** Of the side that bats, `India 155 for 6`. */
  spokenScore: (match) => {
    const present = match.periods.find((period) => period.number === match.clock?.period);
    const side = match.competitors.find(({ id }) => id === present?.detail?.battingId);
    return side !== undefined && present?.detail !== undefined
      ? `${side.name} ${present.detail.runs} for ${present.detail.wickets}`
      : SHARED_WORDS.spokenScore(match);
  },
  periodName,
  periodHeading: (match, period) => {
    const side = match.competitors.find(({ id }) => id === period.detail?.battingId);
    const what = period.type === "super_over" ? "super over" : "innings";
    return `${side?.name ?? periodName(match, period)} ${what}`;
  },
  scoreSaysResult: false,
};
