import type { Competitor, Match, MatchEvent, MatchPeriod } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { Skeleton } from "../../design/Empty";
import { useStatistics } from "../../state/readings";
import type { BoardProps } from "../definition";
import { Ball } from "../shared/Ball";
import board from "../shared/Board.module.css";
import { Figure } from "../shared/Figure";
import { isUnderWay, phaseOf } from "../shared/match";
import styles from "./Board.module.css";
import { type Crease, creaseOf } from "./crease";
import { inningsOf, requiredRate, runRate, thisOver } from "./innings";
import { ballMark } from "./marks";

/** All innings of both sides; while it is played, who bats and bowls, this over and the rates. */
export function Board({ match, events }: BoardProps) {
  const live = phaseOf(match) === "live";
  const { value: statistics, failed } = useStatistics(match.id, false, live);
  const crease = live ? creaseOf(match, statistics, events) : null;
  const present = match.periods.find((period) => period.number === match.clock?.period);
  return (
    <>
      <div class={styles.cricket}>
        {match.competitors.map((side) => (
          <Side key={side.id} side={side} match={match} present={present} />
        ))}
      </div>
      {live && statistics === null && !failed && (
        <Skeleton height="36px" label="Loading who is at the crease" />
      )}
      {crease !== null && statistics !== null && <AtTheCrease crease={crease} />}
      {live && <Over match={match} events={events} present={present} />}
    </>
  );
}

function Side({
  side,
  match,
  present,
}: {
  side: Competitor;
  match: Match;
  present: MatchPeriod | undefined;
}) {
  const innings = inningsOf(match, side);
  const last = innings.findLast(({ type }) => type === "innings");
  const bats = isUnderWay(match) && present?.detail?.battingId === side.id;
  const [main = side.scoreDisplay, superOver] = side.scoreDisplay.split(" (");
  const figures = main.split(" & ");
  const lost = match.outcome?.winnerId !== undefined && match.outcome.winnerId !== side.id;
  const dim = lost || (isUnderWay(match) && !bats);
  return (
    <div class={classes(styles.row, dim && styles.dim)}>
      <span class={board.crest} aria-hidden="true">
        {side.abbreviation}
      </span>
      <p class={classes(board.name, styles.name)}>
        {side.name}
        {bats && <small>batting</small>}
      </p>
      {phaseOf(match) !== "upcoming" && (
        <p class={styles.total}>
          {last?.detail !== undefined && <span class={styles.overs}>{last.detail.overs} ov</span>}
          <span class={styles.figures}>
            {figures.length > 1 && <span class={styles.earlier}>{figures[0]} &amp;</span>}
            {main === "-" ? (
              <span class={styles.yet}>yet to bat</span>
            ) : (
              <Figure text={figures.at(-1) ?? main} />
            )}
            {superOver !== undefined && (
              <span class={styles.superOver}>
                <abbr title="Super over">SO</abbr> {superOver.replace(")", "")}
              </span>
            )}
          </span>
        </p>
      )}
    </div>
  );
}

function AtTheCrease({ crease: { batters, bowler } }: { crease: Crease }) {
  return (
    <dl class={styles.crease}>
      {batters.map((batter) => (
        <div key={batter.name}>
          <dt>
            {batter.name}
            {batter.facing && (
              <>
                <span aria-hidden="true" class={styles.facing} />
                <span class="visually-hidden"> (on strike)</span>
              </>
            )}
          </dt>
          <dd class="tabular">
            <b>{batter.runs}</b> ({batter.balls})
          </dd>
        </div>
      ))}
      {bowler !== null && (
        <div class={styles.bowler}>
          <dt>
            {bowler.name} <span class="visually-hidden">bowling</span>
          </dt>
          <dd class="tabular">
            <b>
              {bowler.wickets}/{bowler.runs}
            </b>{" "}
            ({bowler.overs})
          </dd>
        </div>
      )}
    </dl>
  );
}

function Over({
  events,
  match,
  present,
}: {
  events: readonly MatchEvent[];
  match: Match;
  present: MatchPeriod | undefined;
}) {
  const over = thisOver(events).filter((event) => event.period === match.clock?.period);
  const rate = present === undefined ? null : runRate(present);
  const needed = present === undefined ? null : requiredRate(present);
  if (over.length === 0 && rate === null) return null;
  return (
    <div class={styles.thisOver}>
      {over.length > 0 && (
        <>
          <span class={styles.label} aria-hidden="true">
            This over
          </span>
          <ol aria-label="This over">
            {over.map((event) => (
              <li key={event.eventId}>
                <Ball mark={ballMark(event.detail)} event={event} onBoard />
              </li>
            ))}
          </ol>
        </>
      )}
      <dl>
        <Rate name="Run rate" value={rate} />
        <Rate name="Required" value={needed} />
        <Rate name="Target" value={present?.detail?.target?.toString() ?? null} />
      </dl>
    </div>
  );
}

function Rate({ name, value }: { name: string; value: string | null }) {
  if (value === null) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd class="tabular">{value}</dd>
    </div>
  );
}
