import styles from "./Board.module.css";
import { Ticker } from "./Ticker";

/** `3 (4)`: the shoot-out stands smaller. */
export function Figure({ text }: { text: string }) {
  const [score = text, more] = text.split(" (");
  return (
    <span class={styles.figure}>
      <Ticker value={score} />
      {more !== undefined && <small>({more}</small>}
    </span>
  );
}
