import type { Competitor, LineupPlayer, Match } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { Empty } from "../../design/Empty";
import type { IconShape } from "../../design/Icon";
import styles from "./Lineups.module.css";
import { formationName, inOrder, shortName } from "./lineup";
import { phaseOf } from "./match";

/** What a player of a line-up did, for the marks beside the name. */
export interface Marks {
  goals: number;
  ownGoals: number;
  card: "yellow" | "red" | null;
  on: string | null;
  off: string | null;
}

interface LineupsProps {
  match: Match;
  /** Its sport's, for a page without line-ups. */
  icon: IconShape;
  /** The starters as rows of a formation, where the sport has one and their positions are known. */
  formationOf?: (starters: readonly LineupPlayer[]) => LineupPlayer[][] | null;
  /** What the players of a side did, by their id. */
  marksOf?: (sideId: string) => Map<string, Marks>;
}

const nothing = () => null;
const NO_MARKS: Map<string, Marks> = new Map();

/** Who plays: on the pitch where there are formations, and as lists with what they did. */
export function Lineups({ match, icon, formationOf = nothing, marksOf = () => NO_MARKS }: LineupsProps) {
  const known = match.competitors.filter(({ lineup }) => lineup !== undefined);
  if (known.length === 0)
    return (
      <Empty icon={icon} title={phaseOf(match) === "upcoming" ? "No line-ups yet" : "No line-ups"} compact>
        <p>
          {phaseOf(match) === "upcoming"
            ? "They appear here when the teams are named."
            : "The feed of this match did not name the teams."}
        </p>
      </Empty>
    );
  const sides = known.map((side) => ({ side, marks: marksOf(side.id), ...parted(side) }));
  const formations = sides.map(({ starters }) => formationOf(starters));
  return (
    <div class={styles.page}>
      {formations.length === 2 && formations.every((rows) => rows !== null) && (
        <div class={styles.pitch}>
          {sides.map(({ side, marks }, index) => (
            <Half key={side.id} side={side} marks={marks} rows={formations[index] ?? []} away={index === 1} />
          ))}
        </div>
      )}
      <div class={styles.sides}>
        {sides.map(({ side, marks, starters, bench }) => (
          <section key={side.id} class={styles.panel} aria-labelledby={`lineup-${side.id}`}>
            <h2 id={`lineup-${side.id}`}>{side.name}</h2>
            <Players players={starters} marks={marks} />
            {bench.length > 0 && (
              <>
                <h3>{starters.length === 0 ? "Squad" : "Substitutes"}</h3>
                <Players players={bench} marks={marks} />
              </>
            )}
          </section>
        ))}
      </div>
    </div>
  );
}

function parted({ lineup = [] }: Competitor): { starters: LineupPlayer[]; bench: LineupPlayer[] } {
  return {
    starters: inOrder(lineup.filter(({ starter }) => starter === true)),
    bench: lineup.filter(({ starter }) => starter !== true),
  };
}

interface HalfProps {
  side: Competitor;
  rows: readonly LineupPlayer[][];
  marks: Map<string, Marks>;
  away: boolean;
}

/** One side's half; the list below says the same in words. */
function Half({ side, rows, marks, away }: HalfProps) {
  return (
    <div class={classes(styles.half, away && styles.away)} aria-hidden="true">
      <p class={styles.formation}>
        <b>{side.name}</b> <span>{formationName(rows)}</span>
      </p>
      {rows.map((row) => (
        <div key={row[0]?.id} class={styles.line}>
          {row.map((player) => (
            <div key={player.id} class={styles.player}>
              <span class={styles.shirt}>
                {player.number ?? shortName(player.name).charAt(0)}
                <Symbols marks={marks.get(player.id)} />
              </span>
              <span class={styles.name}>{shortName(player.name)}</span>
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

function Symbols({ marks }: { marks: Marks | undefined }) {
  if (marks === undefined) return null;
  return (
    <span class={styles.symbols}>
      {marks.goals > 0 && <i class={styles.goal}>{marks.goals > 1 && marks.goals}</i>}
      {marks.ownGoals > 0 && <i class={styles.own}>OG</i>}
      {marks.card !== null && <i class={styles[marks.card]} />}
      {marks.off !== null && <i class={styles.off}>↓</i>}
    </span>
  );
}

function Players({ players, marks }: { players: readonly LineupPlayer[]; marks: Map<string, Marks> }) {
  const numbered = players.some(({ number }) => number !== undefined);
  return (
    <ul>
      {players.map((player) => (
        <li key={player.id} class={classes(styles.row, numbered && styles.numbered)}>
          {numbered && <span class={styles.number}>{player.number}</span>}
          <span>
            {player.name}
            {player.position !== undefined && <small>{player.position}</small>}
          </span>
          <Did marks={marks.get(player.id)} />
        </li>
      ))}
    </ul>
  );
}

function Did({ marks }: { marks: Marks | undefined }) {
  if (marks === undefined) return null;
  return (
    <span class={styles.did}>
      {marks.goals > 0 && (
        <span>
          <i class={styles.goal} aria-hidden="true" />
          <span class={classes(marks.goals === 1 && "visually-hidden")}>
            {marks.goals}
            <span class="visually-hidden">{marks.goals === 1 ? " goal" : " goals"}</span>
          </span>
        </span>
      )}
      {marks.ownGoals > 0 && (
        <span>
          <abbr title="Own goal">OG</abbr>
        </span>
      )}
      {marks.card !== null && (
        <span>
          <i class={styles[marks.card]} aria-hidden="true" />
          <span class="visually-hidden">{marks.card} card</span>
        </span>
      )}
      {marks.on !== null && (
        <span class={styles.on}>
          <span aria-hidden="true">↑</span>
          <span class="visually-hidden">on</span> {marks.on}
        </span>
      )}
      {marks.off !== null && (
        <span class={styles.gone}>
          <span aria-hidden="true">↓</span>
          <span class="visually-hidden">off</span> {marks.off}
        </span>
      )}
    </span>
  );
}
