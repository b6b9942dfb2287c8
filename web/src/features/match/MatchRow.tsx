import type { Match } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { Icon } from "../../design/Icon";
import { inningsOf, phaseOf, sentence, statusText } from "./format";
import styles from "./MatchRow.module.css";
import { Ticker } from "./Ticker";

/** A match as one line of a list; a link to its page. */
export function MatchRow({ match }: { match: Match }) {
  const phase = phaseOf(match);
  const words = sentence(match);
  return (
    <a class={styles.row} href={`/m/${match.id}`}>
      <span class={classes(styles.status, styles[phase])}>
        {phase === "live" && <i />}
        <span class="tabular">{statusText(match)}</span>
      </span>
      <Sides match={match} />
      {words !== null && <span class={styles.words}>{words}</span>}
      <span class={styles.competition}>
        <Icon name={match.sport} size={14} />
        {match.competition.name}
      </span>
    </a>
  );
}

/** The two names and scores, one below the other. */
export function Sides({ match }: { match: Match }) {
  return (
    <span class={styles.sides}>
      {match.competitors.map((side) => {
        const lost = match.outcome?.winnerId !== undefined && match.outcome.winnerId !== side.id;
        const overs = inningsOf(match, side).at(-1)?.detail?.overs;
        return (
          <span key={side.id} class={classes(styles.side, lost && styles.lost)}>
            <span>{side.name}</span>
            {phaseOf(match) !== "upcoming" && (
              <span class={styles.score}>
                {overs !== undefined && <small>{overs}</small>}
                <Ticker value={side.scoreDisplay} />
              </span>
            )}
          </span>
        );
      })}
    </span>
  );
}
