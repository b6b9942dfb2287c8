import type { Match, TimelineEvent } from "../../contracts/generated";
import { eventKey } from "../../state/match";
import { Ball } from "../shared/Ball";
import { Drawing, Legend, Panel, stepsTo } from "../shared/Chart";
import shared from "../shared/Chart.module.css";
import { CourseChart } from "../shared/CourseChart";
import styles from "./Chart.module.css";
import { isCharted } from "./charted";
import { icon } from "./icon";
import { ballMark } from "./marks";
import { type Innings, inningsOf } from "./overs";
import { periodName } from "./words";

const HEIGHT = 250;
const LEFT = 34;
const RIGHT = 12;
const TOP = 14;
const BOTTOM = 24;

interface Named extends Innings {
  name: string;
  colour: number;
  superOver: boolean;
}

/** The worm of all innings, and the runs of each over. */
export function Overs({ match }: { match: Match }) {
  return (
    <CourseChart match={match} icon={icon} isCharted={isCharted}>
      {(events) => <OverByOver match={match} events={events} />}
    </CourseChart>
  );
}

function OverByOver({ match, events }: { match: Match; events: readonly TimelineEvent[] }) {
  const innings = inningsOf(events).map((one): Named => {
    const period = match.periods.find(({ number }) => number === one.period);
    const side = match.competitors.findIndex(({ id }) => id === one.sideId);
    const again = match.periods.filter(
      ({ detail, number, type }) =>
        detail?.battingId === one.sideId && number < one.period && type === "innings",
    ).length;
    const name = match.competitors[side]?.name ?? (period === undefined ? "" : periodName(match, period));
    const superOver = period?.type === "super_over";
    return {
      ...one,
      name: superOver ? `${name}, Super Over` : again > 0 ? `${name}, second innings` : name,
      colour: side + (again > 0 ? 2 : 0),
      superOver,
    };
  });
  const long = innings.filter(({ superOver }) => !superOver);
  return (
    <>
      <Panel title="Run worm" note="Runs by over; each dot is a wicket.">
        <Legend items={long.map(({ name, colour }) => ({ name, colour }))} />
        <Drawing>{(width) => <Worm innings={long} width={width} />}</Drawing>
      </Panel>
      {innings.length > long.length && (
        <Panel title="Super Over">
          <ul class={styles.balls}>
            {innings
              .filter(({ superOver }) => superOver)
              .map((one) => (
                <li key={one.period}>
                  <b>{match.competitors.find(({ id }) => id === one.sideId)?.name}</b>
                  <ol aria-label={one.name}>
                    {events
                      .filter(({ period, type }) => period === one.period && type === "ball")
                      .map((event) => (
                        <li key={eventKey(event)}>
                          <Ball mark={ballMark(event.detail)} />
                        </li>
                      ))}
                  </ol>
                  <span class="tabular">
                    {one.overs.at(-1)?.total}/{one.overs.at(-1)?.down}
                  </span>
                </li>
              ))}
          </ul>
        </Panel>
      )}
      {[...long].reverse().map((one) => (
        <Panel key={one.period} title={one.name} note="Runs of each over; each dot is a wicket.">
          <Bars
            innings={one}
            most={Math.max(...long.flatMap(({ overs }) => overs.map(({ runs }) => runs)))}
          />
        </Panel>
      ))}
    </>
  );
}

function Worm({ innings, width }: { innings: readonly Named[]; width: number }) {
  const overs = Math.max(1, ...innings.map((one) => one.overs.at(-1)?.number ?? 0));
  const top = Math.max(10, ...innings.map((one) => one.overs.at(-1)?.total ?? 0));
  const x = (over: number) => LEFT + (over / overs) * (width - LEFT - RIGHT);
  const y = (runs: number) => HEIGHT - BOTTOM - (runs / top) * (HEIGHT - TOP - BOTTOM);
  const spoken = innings
    .map(
      ({ name, overs: all }) =>
        `${name} ${all.at(-1)?.total} for ${all.at(-1)?.down} after ${all.at(-1)?.number} overs`,
    )
    .join("; ");
  return (
    <svg
      viewBox={`0 0 ${width} ${HEIGHT}`}
      class={shared.svg}
      role="img"
      aria-label={`Runs by over. ${spoken}.`}
    >
      {stepsTo(top).map((runs) => (
        <g key={runs}>
          <line x1={LEFT} x2={width - RIGHT} y1={y(runs)} y2={y(runs)} class={shared.grid} />
          <text x={LEFT - 6} y={y(runs) + 4} class={shared.left}>
            {runs}
          </text>
        </g>
      ))}
      {stepsTo(overs, width > 500 ? 10 : 5).map((over) => (
        <text key={over} x={x(over)} y={HEIGHT - 6} class={shared.under}>
          {over}
        </text>
      ))}
      {innings.map((one) => (
        <g key={one.period}>
          <polyline
            points={[
              `${x(0)},${y(0)}`,
              ...one.overs.map((over) => `${x(over.number)},${y(over.total)}`),
            ].join(" ")}
            class={styles[`line${one.colour}`]}
          />
          {one.overs
            .filter(({ wickets }) => wickets > 0)
            .map((over) => (
              <circle
                key={over.number}
                cx={x(over.number)}
                cy={y(over.total)}
                r={over.wickets > 1 ? 6 : 4.5}
                class={styles[`mark${one.colour}`]}
              >
                <title>{`${one.name}, over ${over.number}: ${over.total}/${over.down}`}</title>
              </circle>
            ))}
        </g>
      ))}
    </svg>
  );
}

function Bars({ innings, most }: { innings: Named; most: number }) {
  const overs = Math.max(6, innings.overs.at(-1)?.number ?? 1);
  const top = Math.max(6, most);
  const height = 170;
  const y = (runs: number) => height - BOTTOM - (runs / top) * (height - TOP - 14 - BOTTOM);
  return (
    <>
      <Drawing>
        {(width) => {
          const x = (over: number) => LEFT + ((over - 1) / overs) * (width - LEFT - RIGHT);
          const wide = (width - LEFT - RIGHT) / overs;
          return (
            <svg
              viewBox={`0 0 ${width} ${height}`}
              class={shared.svg}
              role="img"
              aria-label={`Runs of each over of ${innings.name}; the table below says the same.`}
            >
              {stepsTo(top, 4).map((runs) => (
                <g key={runs}>
                  <line x1={LEFT} x2={width - RIGHT} y1={y(runs)} y2={y(runs)} class={shared.grid} />
                  <text x={LEFT - 6} y={y(runs) + 4} class={shared.left}>
                    {runs}
                  </text>
                </g>
              ))}
              {innings.overs.map((over) => (
                <g key={over.number}>
                  <title>{`Over ${over.number}: ${over.runs} runs${over.wickets > 0 ? `, ${over.wickets} wickets` : ""}; ${over.total}/${over.down}`}</title>
                  <rect
                    x={x(over.number) + wide * 0.14}
                    y={y(over.runs)}
                    width={wide * 0.72}
                    height={Math.max(0, height - BOTTOM - y(over.runs))}
                    rx={Math.min(3, wide * 0.2)}
                    class={shared[`fill${innings.colour}`]}
                  />
                  {Array.from({ length: over.wickets }, (_, index) => (
                    <circle
                      key={index}
                      cx={x(over.number) + wide / 2}
                      cy={y(over.runs) - 8 - index * 11}
                      r={Math.min(4.5, wide * 0.3)}
                      class={styles.wicket}
                    />
                  ))}
                  {((overs <= 24 && wide > 16) || over.number % 5 === 0 || overs <= 6) && (
                    <text x={x(over.number) + wide / 2} y={height - 6} class={shared.under}>
                      {over.number}
                    </text>
                  )}
                </g>
              ))}
            </svg>
          );
        }}
      </Drawing>
      <details class={styles.details}>
        <summary>Over by over</summary>
        <div class={styles.scroll}>
          <table>
            <thead>
              <tr>
                <th scope="col">Over</th>
                <th scope="col">Runs</th>
                <th scope="col">Wickets</th>
                <th scope="col">Score</th>
              </tr>
            </thead>
            <tbody>
              {innings.overs.map((over) => (
                <tr key={over.number}>
                  <th scope="row">{over.number}</th>
                  <td>{over.runs}</td>
                  <td>{over.wickets}</td>
                  <td>
                    {over.total}/{over.down}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
