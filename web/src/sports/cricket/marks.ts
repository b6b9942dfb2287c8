import { figure, KEY_MOMENT, type Mark, type Marked } from "../shared/marks";
import { wicketsIn } from "./dismissal";

const WICKET: Mark = { text: "W", spoken: "Wicket", tone: "score", key: true };

export function markOf({ type, detail }: Marked): Mark | null {
  switch (type) {
    case "ball":
      return ballMark(detail);
    case "wicket":
      return wicketsIn(detail) > 0 ? WICKET : KEY_MOMENT;
    case "review":
      return { text: "DRS", spoken: "Review", tone: "good", key: true };
    case "penalty_runs":
      return { text: `+${figure(detail.runs)}`, spoken: "Penalty runs", tone: "good", key: true };
    case "target":
      return KEY_MOMENT;
    default:
      return null;
  }
}

export function ballMark(detail: Record<string, unknown>): Mark {
  const extras = (detail.extras ?? {}) as Record<string, unknown>;
  const runs = figure(detail.batterRuns);
  if (wicketsIn(detail) > 0) return WICKET;
  if (figure(extras.wides) > 0) return { text: "wd", spoken: "Wide", tone: "plain", key: false };
  if (figure(extras.noballs) > 0) return { text: "nb", spoken: "No ball", tone: "plain", key: false };
  const byes = figure(extras.byes) + figure(extras.legbyes);
  if (byes > 0 && runs === 0) return { text: `${byes}b`, spoken: `${byes} byes`, tone: "plain", key: false };
  const boundary = (runs === 4 || runs === 6) && detail.nonBoundary !== true;
  return {
    text: runs === 0 ? "•" : String(runs),
    spoken: runs === 0 ? "No run" : runs === 1 ? "1 run" : `${runs} runs`,
    tone: boundary ? "good" : "plain",
    key: boundary,
  };
}
