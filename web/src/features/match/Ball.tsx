import { classes } from "../../design/classes";
import styles from "./Ball.module.css";
import { type Marked, markOf } from "./format";

/** The mark of one event: a ball of an over, a goal, a card, points. */
export function Ball({ event, onBoard = false }: { event: Marked; onBoard?: boolean }) {
  const mark = markOf(event);
  if (mark.spoken === "") return null;
  const withdrawn = event.op === "delete" || event.confirmation === "cancelled";
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
