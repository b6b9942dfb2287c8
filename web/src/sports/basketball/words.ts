import type { Match, MatchPeriod } from "../../contracts/generated";
import type { SportWords } from "../definition";
import { changeOfBoth, ordinalOf, SHARED_WORDS } from "../shared/words";

export function periodName(match: Match, period: MatchPeriod): string {
  const ordinal = ordinalOf(match, period);
  if (period.type !== "overtime") return `Q${ordinal}`;
  return ordinal === 1 ? "OT" : `${ordinal}OT`;
}

export const words: SportWords = {
  ...SHARED_WORDS,
  changeText: changeOfBoth,
  periodName,
  periodHeading: (match, period) => {
    const name = periodName(match, period);
    return name === "OT" ? "Overtime" : name.replace(/^Q/, "Quarter ");
  },
  clockInPeriod: (display) => display.replace(/^(Q\d|H\d|\d?OT) /, ""),
};
