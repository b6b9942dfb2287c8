import { classes } from "../../design/classes";
import styles from "./Ball.module.css";
import type { Mark, Marked } from "./marks";

interface BallProps {
  /** How its sport marks the event. */
  mark: Mark;
  /** It may have been withdrawn; without it stands. */
  event?: Pick<Marked, "op" | "confirmation">;
  onBoard?: boolean;
}

/** The mark of one event: a ball of an over, a goal, a card, points. */
export function Ball({ mark, event, onBoard = false }: BallProps) {
  if (mark.spoken === "") return null;
  const withdrawn = event?.op === "delete" || event?.confirmation === "cancelled";
  return (
    <span
      class={classes(
        styles.ball,
        styles[mark.tone],
        mark.text.length > 2 && styles.word,
        onBoard && styles.onBoard,
        withdrawn && styles.withdrawn,
      )}
    >
      <span aria-hidden="true">{mark.text}</span>
      <span class="visually-hidden">{mark.spoken}</span>
    </span>
  );
}
