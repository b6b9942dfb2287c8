import { figure, type Mark, type Marked, SUBSTITUTION } from "../shared/marks";

export function markOf({ type, detail }: Marked): Mark | null {
  if (type === "substitution") return SUBSTITUTION;
  if ((type !== "shot" && type !== "free_throw") || detail.made !== true) return null;
  const points = type === "free_throw" ? 1 : figure(detail.points) || 2;
  return {
    text: `+${points}`,
    spoken: `${points} points`,
    tone: points === 3 ? "score" : "good",
    key: points === 3,
  };
}
