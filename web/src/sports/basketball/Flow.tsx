import type { Match, TimelineEvent } from "../../contracts/generated";
import { Drawing, Legend, Panel, stepsTo } from "../shared/Chart";
import shared from "../shared/Chart.module.css";
import { CourseChart } from "../shared/CourseChart";
import { phaseOf } from "../shared/match";
import styles from "./Chart.module.css";
import { isCharted } from "./charted";
import { icon } from "./icon";
import { type LeadChart, leadOf } from "./lead";
import { periodName } from "./words";

const HEIGHT = 260;
const LEFT = 34;
const RIGHT = 10;
const TOP = 14;
const BOTTOM = 26;

/** By how many points who led, over the whole match. */
export function Flow({ match }: { match: Match }) {
  return (
    <CourseChart match={match} icon={icon} isCharted={isCharted}>
      {(events) => <LeadTracker match={match} events={events} />}
    </CourseChart>
  );
}

function LeadTracker({ match, events }: { match: Match; events: readonly TimelineEvent[] }) {
  const chart = leadOf(match, events);
  const [home, away] = match.competitors;
  const facts = [
    { name: `Largest lead, ${home?.name}`, value: chart.most.home },
    { name: `Largest lead, ${away?.name}`, value: chart.most.away },
    { name: "Lead changes", value: chart.changes },
  ];
  return (
    <Panel title="Lead tracker" note="By how many points who led.">
      <Legend items={match.competitors.map(({ name }, colour) => ({ name, colour }))} />
      <Drawing>
        {(width) => (
          <Lines
            match={match}
            chart={chart}
            width={width}
            label={`The lead over the match. ${facts.map(({ name, value }) => `${name}: ${value}`).join(". ")}.`}
          />
        )}
      </Drawing>
      <dl class={styles.facts}>
        {facts.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

interface LinesProps {
  match: Match;
  chart: LeadChart;
  width: number;
  label: string;
}

function Lines({ match, chart, width, label }: LinesProps) {
  const whole = chart.periods.reduce((sum, { length }) => sum + length, 0);
  const up = Math.max(4, chart.most.home);
  const down = Math.max(4, chart.most.away);
  const middle = TOP + (up / (up + down)) * (HEIGHT - TOP - BOTTOM);
  const x = (at: number) => LEFT + (at / whole) * (width - LEFT - RIGHT);
  const y = (lead: number) => middle - (lead / (up + down)) * (HEIGHT - TOP - BOTTOM);
  const steps = chart.points.flatMap((point, index) => {
    const before = chart.points[index - 1];
    const lead = point.home - point.away;
    return before === undefined
      ? [`${x(point.at)},${y(lead)}`]
      : [`${x(point.at)},${y(before.home - before.away)}`, `${x(point.at)},${y(lead)}`];
  });
  const end = chart.points.at(-1);
  const until = phaseOf(match) === "over" ? whole : (end?.at ?? 0);
  const last = end === undefined ? middle : y(end.home - end.away);
  const area = `${x(0)},${middle} ${steps.join(" ")} ${x(until)},${last} ${x(until)},${middle}`;
  const grid = stepsTo(Math.max(up, down), 4);
  return (
    <svg viewBox={`0 0 ${width} ${HEIGHT}`} class={shared.svg} role="img" aria-label={label}>
      <defs>
        <clipPath id="lead-home">
          <rect x="0" y="0" width={width} height={middle} />
        </clipPath>
        <clipPath id="lead-away">
          <rect x="0" y={middle} width={width} height={HEIGHT - middle} />
        </clipPath>
      </defs>
      {[
        ...grid.filter((step) => step <= up),
        ...grid.filter((step) => step > 0 && step <= down).map((step) => -step),
      ].map((lead) => (
        <g key={lead}>
          <line
            x1={LEFT}
            x2={width - RIGHT}
            y1={y(lead)}
            y2={y(lead)}
            class={lead === 0 ? shared.zero : shared.grid}
          />
          <text x={LEFT - 6} y={y(lead) + 4} class={shared.left}>
            {Math.abs(lead)}
          </text>
        </g>
      ))}
      {chart.periods.map(({ number, start, length }) => {
        const period = match.periods.find((one) => one.number === number);
        return (
          <g key={number}>
            {start > 0 && (
              <line x1={x(start)} x2={x(start)} y1={TOP} y2={HEIGHT - BOTTOM} class={shared.grid} />
            )}
            <text x={x(start + length / 2)} y={HEIGHT - 8} class={shared.under}>
              {period === undefined ? number : periodName(match, period)}
            </text>
          </g>
        );
      })}
      <polygon points={area} class={shared.fill0} clip-path="url(#lead-home)" />
      <polygon points={area} class={shared.fill1} clip-path="url(#lead-away)" />
      <circle cx={x(until)} cy={last} r="4" class={styles.end} />
    </svg>
  );
}
