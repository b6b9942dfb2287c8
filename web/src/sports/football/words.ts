import type { Match, MatchPeriod } from "../../contracts/generated";
import type { SportWords } from "../definition";
import { changeOfBoth, ordinalOf, SHARED_WORDS } from "../shared/words";

const HEADINGS: Record<string, string> = {
  "1st": "First half",
  "2nd": "Second half",
  ET1: "Extra time, first half",
  ET2: "Extra time, second half",
  Pens: "Penalty shoot-out",
};

export function periodName(match: Match, period: MatchPeriod): string {
  const ordinal = ordinalOf(match, period);
  if (period.type === "penalties") return "Pens";
  if (period.type === "overtime") return `ET${ordinal}`;
  return ordinal === 1 ? "1st" : "2nd";
}

export const words: SportWords = {
  ...SHARED_WORDS,
  changeText: changeOfBoth,
  periodName,
  periodHeading: (match, period) => {
    const name = periodName(match, period);
    return HEADINGS[name] ?? name;
  },
};
