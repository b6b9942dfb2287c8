import type { Competitor, Match } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { Ticker } from "../shared/Ticker";
import { Games, won } from "./Board";
import styles from "./RowScore.module.css";

/** Games by set in columns, and the points of the game. */
export function RowScore({ match, side }: { match: Match; side: Competitor }) {
  return (
    <span class={styles.sets}>
      {match.periods.map((period) => (
        <span key={period.number} class={classes(won(match, period, side) && styles.won)}>
          <Games match={match} period={period} side={side} />
        </span>
      ))}
      {match.game !== undefined && (
        <b>
          <Ticker value={match.game.points[side.id] ?? "0"} />
        </b>
      )}
    </span>
  );
}
