import type { Match, TimelineEvent } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { Drawing, Legend, Panel } from "../shared/Chart";
import shared from "../shared/Chart.module.css";
import { CourseChart } from "../shared/CourseChart";
import styles from "./Chart.module.css";
import { isCharted } from "./charted";
import { type Game, gamesOf } from "./games";
import { icon } from "./icon";

const HEIGHT = 170;
const MIDDLE = 85;
const STEP = 15;

/** Game by game, higher the clearer it was won; against the serve it is a break. */
export function Momentum({ match }: { match: Match }) {
  return (
    <CourseChart match={match} icon={icon} isCharted={isCharted}>
      {(events) => <Games match={match} events={events} />}
    </CourseChart>
  );
}

function Games({ match, events }: { match: Match; events: readonly TimelineEvent[] }) {
  const games = gamesOf(match, events);
  const sets = [...new Set(games.map(({ set }) => set))];
  const [home, away] = match.competitors;
  if (home === undefined || away === undefined) return null;
  const places = games.length + (sets.length - 1) * 0.8;
  const nameOf = (id: string) => match.competitors.find((side) => side.id === id)?.name ?? "";
  return (
    <>
      <Panel
        title="Momentum"
        note="Each bar is a game, higher the clearer it was won; a dot marks a break of serve."
      >
        <Legend items={match.competitors.map(({ name }, colour) => ({ name, colour }))} />
        <Drawing>
          {(width) => {
            const wide = Math.min(40, (width - 16) / Math.max(places, 12));
            const x = (index: number, set: number) => 8 + (index + sets.indexOf(set) * 0.8) * wide;
            return (
              <svg
                viewBox={`0 0 ${width} ${HEIGHT}`}
                class={shared.svg}
                role="img"
                aria-label="The games in order; the list below says the same."
              >
                <line x1="8" x2={width - 8} y1={MIDDLE} y2={MIDDLE} class={shared.zero} />
                {games.map((game, index) => {
                  const ours = game.winnerId === home.id;
                  const height = 12 + Math.min(4, marginOf(game)) * STEP;
                  const left = x(index, game.set);
                  return (
                    <g key={index}>
                      <title>{sentenceOf(game, nameOf)}</title>
                      <rect
                        x={left + wide * 0.14}
                        y={ours ? MIDDLE - height : MIDDLE}
                        width={wide * 0.72}
                        height={height}
                        rx={Math.min(4, wide * 0.2)}
                        class={ours ? shared.fill0 : shared.fill1}
                      />
                      {isBreak(game) && (
                        <circle
                          cx={left + wide / 2}
                          cy={ours ? MIDDLE - height - 8 : MIDDLE + height + 8}
                          r="4"
                          class={styles.break}
                        />
                      )}
                    </g>
                  );
                })}
                {sets.map((set) => {
                  const first = games.findIndex((game) => game.set === set);
                  return (
                    <text key={set} x={x(first, set) + wide * 0.14} y={HEIGHT - 2}>
                      {`Set ${set}`}
                    </text>
                  );
                })}
              </svg>
            );
          }}
        </Drawing>
      </Panel>
      <Panel title="Game by game">
        <div class={styles.games}>
          {[...sets].reverse().map((set) => (
            <section key={set} aria-label={`Set ${set}`}>
              <h3>Set {set}</h3>
              <ol>
                {games
                  .filter((game) => game.set === set)
                  .map((game, index) => (
                    <li key={index} class={classes(game.winnerId !== home.id && styles.theirs)}>
                      <span class="tabular">
                        {game.games[home.id]}-{game.games[away.id]}
                      </span>
                      <span>{nameOf(game.winnerId)}</span>
                      {isBreak(game) && <b class={styles.tag}>break</b>}
                      {game.tieBreak && <b class={styles.tag}>tie-break</b>}
                    </li>
                  ))}
              </ol>
            </section>
          ))}
        </div>
      </Panel>
    </>
  );
}

function isBreak(game: Game): boolean {
  return game.serverId !== null && game.serverId !== game.winnerId && !game.tieBreak;
}

function marginOf(game: Game): number {
  const mine = game.points[game.winnerId] ?? 0;
  const theirs = Object.entries(game.points).reduce(
    (sum, [id, n]) => (id === game.winnerId ? sum : sum + n),
    0,
  );
  return mine === 0 ? 2 : Math.max(1, mine - theirs);
}

function sentenceOf(game: Game, nameOf: (id: string) => string): string {
  const how = isBreak(game) ? ", a break" : game.tieBreak ? ", the tie-break" : "";
  return `Set ${game.set}, ${Object.values(game.games).join("-")}: game ${nameOf(game.winnerId)}${how}`;
}
