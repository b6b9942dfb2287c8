import type { ComponentChildren } from "preact";
import type { Competitor, Match } from "../../contracts/generated";
import { classes } from "../../design/classes";
import styles from "./Board.module.css";
import { Figure } from "./Figure";
import { phaseOf } from "./match";

/** The two sides with the score between them. */
export function Duel({ match, below }: { match: Match; below?: (side: Competitor) => ComponentChildren }) {
  const [home, away] = match.competitors;
  if (home === undefined || away === undefined) return null;
  const started = phaseOf(match) !== "upcoming" && match.clock !== undefined;
  return (
    <>
      <div class={styles.duel}>
        <Side side={home} match={match} />
        <p class={styles.score}>
          {started ? (
            <>
              <Figure text={home.scoreDisplay} />
              <span class={styles.dash} aria-hidden="true" />
              <Figure text={away.scoreDisplay} />
            </>
          ) : (
            <span class={styles.versus}>v</span>
          )}
        </p>
        <Side side={away} match={match} />
      </div>
      {below !== undefined && (
        <div class={styles.below}>
          <div>{below(home)}</div>
          <div>{below(away)}</div>
        </div>
      )}
    </>
  );
}

function Side({ side, match }: { side: Competitor; match: Match }) {
  const lost = match.outcome?.winnerId !== undefined && match.outcome.winnerId !== side.id;
  return (
    <div class={classes(styles.side, lost && styles.lost)}>
      <span class={styles.crest} aria-hidden="true">
        {side.abbreviation}
      </span>
      <p class={styles.name}>{side.name}</p>
    </div>
  );
}
