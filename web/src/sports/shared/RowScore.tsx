import type { Competitor, Match } from "../../contracts/generated";
import styles from "./RowScore.module.css";
import { Ticker } from "./Ticker";

interface RowScoreProps {
  match: Match;
  side: Competitor;
  /** Stands small before the score. */
  before?: string | undefined;
}

/** The score of one side in a row of a list. */
export function RowScore({ side, before }: RowScoreProps) {
  return (
    <span class={styles.score}>
      {before !== undefined && <small>{before}</small>}
      <Ticker value={side.scoreDisplay === "-" ? "" : side.scoreDisplay} />
    </span>
  );
}
