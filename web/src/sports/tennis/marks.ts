import { KEY_MOMENT, type Mark, type Marked } from "../shared/marks";

export function markOf({ type, detail, scoreAfter }: Marked): Mark | null {
  if (type === "retirement" || type === "default" || type === "walkover") return KEY_MOMENT;
  if (type !== "point") return null;
  const lines = Object.values(scoreAfter ?? {});
  if (lines.length > 0 && lines.every((line) => !line.includes(" · ")))
    return { text: "Game", spoken: "Game", tone: "good", key: true };
  if (detail.result === "ace") return { text: "Ace", spoken: "Ace", tone: "plain", key: false };
  if (detail.result === "double_fault")
    return { text: "DF", spoken: "Double fault", tone: "bad", key: false };
  return null;
}
