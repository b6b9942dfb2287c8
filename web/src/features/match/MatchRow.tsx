import type { Match } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { Icon } from "../../design/Icon";
import { SPORTS } from "../../sports";
import { isUnderWay, phaseOf, TROUBLED } from "../../sports/shared/match";
import { sentence, statedShort, statusText, timeText } from "./format";
import styles from "./MatchRow.module.css";

interface MatchRowProps {
  match: Match;
  /** Within a list of one competition and one day, which its heading names. */
  within?: boolean;
}

/** A match as one line of a list; a link to its page. */
export function MatchRow({ match, within = false }: MatchRowProps) {
  const phase = phaseOf(match);
  const words = within && isPlain(match) ? null : sentence(match);
  const status =
    within && match.status === "scheduled"
      ? timeText(match.scheduledAt, match.scheduledAt)
      : statusText(match);
  const stated = statedShort(match);
  const stage = [match.competition.stage, match.competition.round].filter(Boolean).join(" · ");
  return (
    <a class={styles.row} href={`/m/${match.id}`}>
      <span class={classes(styles.status, styles[phase], TROUBLED.has(match.status) && styles.troubled)}>
        {phase === "live" && <i />}
        <span class="tabular">{status}</span>
      </span>
      <Sides match={match} />
      {words !== null && <span class={styles.words}>{words}</span>}
      {stated !== null && <span class={styles.stated}>{stated}</span>}
      {isUnderWay(match) && match.feed?.stale === true && (
        <span class={styles.stale}>
          <Icon name="alert" size={14} /> Feed is silent, the score may be old
        </span>
      )}
      {!within && (
        <span class={styles.competition}>
          <Icon name={SPORTS[match.sport].icon} size={14} />
          {match.competition.name}
        </span>
      )}
      {within && stage !== "" && <span class={styles.competition}>{stage}</span>}
    </a>
  );
}

/** Whether the score alone says who won. */
function isPlain(match: Match): boolean {
  const { scoreSaysResult } = SPORTS[match.sport].words;
  return scoreSaysResult && PLAIN.has(match.outcome?.by ?? (match.outcome === undefined ? "" : "draw"));
}

const PLAIN = new Set(["goals", "points", "penalties", "sets", "draw"]);

/** The two names and scores, one below the other. */
export function Sides({ match }: { match: Match }) {
  const begun = phaseOf(match) !== "upcoming" && match.seq > 0;
  const { RowScore } = SPORTS[match.sport];
  return (
    <span class={styles.sides}>
      {match.competitors.map((side) => {
        const lost = match.outcome?.winnerId !== undefined && match.outcome.winnerId !== side.id;
        return (
          <span key={side.id} class={classes(styles.side, lost && styles.lost)}>
            <span>
              {side.name}
              {match.game?.serverId === side.id && (
                <span class={styles.serves}>
                  <span class="visually-hidden"> serves</span>
                </span>
              )}
            </span>
            {begun && match.clock !== undefined && <RowScore match={match} side={side} />}
          </span>
        );
      })}
    </span>
  );
}
