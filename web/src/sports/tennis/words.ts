import type { Match, MatchPeriod } from "../../contracts/generated";
import type { SportWords } from "../definition";
import type { Marked } from "../shared/marks";
import { ordinalOf, SHARED_WORDS } from "../shared/words";

const periodName = (match: Match, period: MatchPeriod) => `Set ${ordinalOf(match, period)}`;

/** Points of the game that is played, `40-15`, else the games of the set; null for what has no score. */
export function tennisScore(match: Match, event: Marked): string | null {
  if (event.scoreAfter === undefined) return null;
  const lines = match.competitors.map(({ id }) => event.scoreAfter?.[id] ?? "");
  const points = lines.map((line) => line.split(" · ")[1]);
  const games = lines.map((line) => line.split(" · ")[0]?.split(" ").at(-1)?.replace(/\(.*/, ""));
  return (points.every((one) => one !== undefined) ? points : games).join("-");
}

export const words: SportWords = {
  ...SHARED_WORDS,
  spokenScore: ({ statusDetail }) => statusDetail ?? "",
  periodName,
  periodHeading: periodName,
  scoreBeside: tennisScore,
};
