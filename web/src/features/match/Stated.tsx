import type { Match } from "../../contracts/generated";
import { aggregateText, statedText } from "./format";
import styles from "./Stated.module.css";

/** What is to be known of a score besides itself: both legs of a tie, and that a provider only states it. */
export function Stated({ match }: { match: Match }) {
  const lines = [aggregateText(match), statedText(match)].filter((line) => line !== null);
  if (lines.length === 0) return null;
  return (
    <p class={styles.lines}>
      {lines.map((line) => (
        <span key={line} class="tabular">
          {line}
        </span>
      ))}
    </p>
  );
}
