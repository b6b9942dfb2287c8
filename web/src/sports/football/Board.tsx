import type { Competitor, TimelineEvent } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { Skeleton } from "../../design/Empty";
import { useCourse } from "../../state/readings";
import type { BoardProps } from "../definition";
import { Duel } from "../shared/Duel";
import { phaseOf } from "../shared/match";
import { Periods } from "../shared/Periods";
import styles from "./Board.module.css";
import { isCharted } from "./charted";
import { dismissedOf, kicksOf, scorersOf } from "./moments";
import { periodName } from "./words";

/** A crowd learns at the same moment that a station shows a match: its pages ask within this time. */
const SPREAD_MS = 3_000;
/** A page that is just being opened asks at once: such pages come one by one, and what comes late makes them jump. */
const OPENING_MS = 10_000;
const KICKS = 5;

/** The score with the scorers below it, who was sent off, and the shoot-out kick by kick. */
export function Board({ match, compact }: BoardProps) {
  const begun = phaseOf(match) !== "upcoming" && match.seq > 0;
  const spread = compact && performance.now() > OPENING_MS ? SPREAD_MS : 0;
  const { value, failed } = useCourse(match.id, isCharted, begun, spread);
  const course = value?.events ?? [];
  const told = course.some(({ type }) => type === "goal" || type === "card");
  const extra = match.periods.some(({ type }) => type === "overtime");
  return (
    <>
      <Duel
        match={match}
        {...(told
          ? {
              below: (side: Competitor) => (
                <Scorers events={course} side={side} away={side.id === match.competitors[1]?.id} />
              ),
            }
          : {})}
      />
      {begun && value === null && !failed && <Skeleton height="24px" label="Loading who scored" />}
      {match.periods.some(({ type }) => type === "penalties") && (
        <ShootOut events={course} sides={match.competitors} />
      )}
      {(extra || (!compact && match.periods.length > 1)) && <Periods match={match} nameOf={periodName} />}
    </>
  );
}

interface ScorersProps {
  events: readonly TimelineEvent[];
  side: Competitor;
  away: boolean;
}

function Scorers({ events, side, away }: ScorersProps) {
  const goals = scorersOf(events, side.id);
  const off = dismissedOf(events, side.id);
  if (goals.length + off.length === 0) return null;
  return (
    <ul class={classes(styles.scorers, away && styles.away)} aria-label={`Goals and red cards, ${side.name}`}>
      {goals.map(({ name, goals: minutes }) => (
        <li key={`${name}${minutes[0]}`}>
          <span class={styles.goal} aria-hidden="true" />
          <span>
            {name} <span class="tabular">{minutes.join(", ")}</span>
          </span>
        </li>
      ))}
      {off.map((text) => (
        <li key={text}>
          <span class={styles.red} aria-hidden="true" />
          <span>
            <span class="visually-hidden">Red card: </span>
            {text}
          </span>
        </li>
      ))}
    </ul>
  );
}

function ShootOut({ events, sides }: { events: readonly TimelineEvent[]; sides: readonly Competitor[] }) {
  const rows = sides.map((side) => ({ side, kicks: kicksOf(events, side.id) }));
  const places = Math.max(KICKS, ...rows.map(({ kicks }) => kicks.length));
  return (
    <div class={styles.shootOut}>
      <span class={styles.label}>Penalties</span>
      {rows.map(({ side, kicks }) => (
        <p key={side.id}>
          <span>{side.abbreviation}</span>
          <span aria-hidden="true" class={styles.kicks}>
            {Array.from({ length: places }, (_, index) => (
              <i
                key={index}
                class={classes(
                  styles.kick,
                  kicks[index] === true && styles.in,
                  kicks[index] === false && styles.missed,
                )}
              >
                {kicks[index] === false && "×"}
              </i>
            ))}
          </span>
          <b class="tabular">{kicks.filter(Boolean).length}</b>
          <span class="visually-hidden">
            {`of ${kicks.length}: ${kicks.map((scored) => (scored ? "scored" : "missed")).join(", ")}`}
          </span>
        </p>
      ))}
    </div>
  );
}
