/** Words that most sports share; a sport's own `words.ts` takes these and says what is different. */
import type { Match } from "../../contracts/generated";
import type { SportWords } from "../definition";

/** Scores of both sides, `2-1 → 1-1`; a shoot-out stands in it only where it is what was corrected. */
export function changeOfBoth(match: Match, from: Record<string, string>, to: Record<string, string>): string {
  const line = (scores: Record<string, string>) =>
    match.competitors.map((side) => scores[side.id] ?? "0").join("-");
  const plain = (text: string) => text.replaceAll(/ \(\d+\)/g, "");
  const [before, after] = [line(from), line(to)];
  return plain(before) === plain(after) ? `${before} → ${after}` : `${plain(before)} → ${plain(after)}`;
}

/** Where scores are longer than a number, the sides that changed: `India 155/6 → 151/6`. */
function changeBySide(match: Match, from: Record<string, string>, to: Record<string, string>): string {
  return match.competitors
    .filter((side) => from[side.id] !== to[side.id])
    .map((side) => `${side.name} ${from[side.id]} → ${to[side.id]}`)
    .join(", ");
}

/** Which of the periods of its type a period is, from 1. */
export function ordinalOf(match: Match, period: Match["periods"][number]): number {
  return match.periods.filter(({ type, number }) => type === period.type && number <= period.number).length;
}

export const SHARED_WORDS: Omit<SportWords, "periodName" | "periodHeading"> = {
  clock: (display) => display,
  over: ({ statusDetail, outcome }) =>
    statusDetail === undefined || statusDetail === outcome?.text ? "Final" : statusDetail,
  liveSentence: () => null,
  spokenScore: ({ competitors }) => competitors.map((one) => `${one.name} ${one.scoreDisplay}`).join(", "),
  changeText: changeBySide,
  clockInPeriod: (display) => display,
  scoreBeside: () => null,
  scoreSaysResult: true,
};
