import { type Mark, type Marked, SUBSTITUTION } from "../shared/marks";

export function markOf({ type, detail }: Marked): Mark | null {
  switch (type) {
    case "goal": {
      const how = detail.ownGoal === true ? "Own goal" : detail.penalty === true ? "Penalty" : "Goal";
      return { text: "Goal", spoken: how, tone: "score", key: true };
    }
    case "card": {
      const red = detail.card === "red" || detail.card === "second_yellow";
      return { text: "", spoken: red ? "Red card" : "Yellow card", tone: red ? "red" : "yellow", key: true };
    }
    case "penalty_missed":
      return { text: "Miss", spoken: "Penalty missed", tone: "bad", key: true };
    case "shootout_kick": {
      const scored = detail.scored === true;
      return {
        text: scored ? "✓" : "✕",
        spoken: scored ? "Scored" : "Missed",
        tone: scored ? "score" : "bad",
        key: true,
      };
    }
    case "var":
      return { text: "VAR", spoken: "Video review", tone: "good", key: true };
    case "substitution":
      return SUBSTITUTION;
    default:
      return null;
  }
}
