import type { Match } from "../../contracts/generated";
import { Icon } from "../../design/Icon";
import { sentence, statusText } from "../../features/match/format";
import { SPORTS } from "../../sports";
import { phaseOf } from "../../sports/shared/match";
import { Ticker } from "../../sports/shared/Ticker";
import styles from "./Scoreline.module.css";

/** The score as listeners have it, in little room. */
export function Scoreline({ match, serverId }: { match: Match; serverId?: string | null }) {
  const words = sentence(match) ?? (match.status === "live" ? null : match.statusDetail);
  return (
    <section class={styles.board} aria-label="Score">
      <p class={styles.top}>
        <Icon name={SPORTS[match.sport].icon} size={16} />
        <span>{match.competition.name}</span>
        <span class={styles.status} data-phase={phaseOf(match)}>
          {phaseOf(match) === "live" && <i />}
          {statusText(match)}
        </span>
      </p>
      {match.competitors.map((side) => (
        <p key={side.id} class={styles.side}>
          <span class={styles.crest} aria-hidden="true">
            {side.abbreviation}
          </span>
          <span class={styles.name}>
            {side.name}
            {serverId === side.id && <small>serves</small>}
          </span>
          <b>
            <Ticker value={side.scoreDisplay} />
          </b>
        </p>
      ))}
      {words != null && <p class={styles.words}>{words}</p>}
    </section>
  );
}
