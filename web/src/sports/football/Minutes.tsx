import type { Competitor, Match, TimelineEvent } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { eventKey } from "../../state/match";
import { Drawing, Panel } from "../shared/Chart";
import shared from "../shared/Chart.module.css";
import { CourseChart } from "../shared/CourseChart";
import { isUnderWay } from "../shared/match";
import styles from "./Chart.module.css";
import { isCharted } from "./charted";
import { placeOf, stretchesOf } from "./course";
import { icon } from "./icon";
import { isRed, playerOf } from "./moments";

const LEVEL = 17;
const EDGE = 12;
/** Two marks nearer than this stand one above the other. */
const NEAR = 17;

/** Goals, cards and substitutions along the minutes, and as a list with the sides left and right. */
export function Minutes({ match }: { match: Match }) {
  return (
    <CourseChart match={match} icon={icon} isCharted={isCharted}>
      {(events) => <Timeline match={match} events={events} />}
    </CourseChart>
  );
}

function Timeline({ match, events }: { match: Match; events: readonly TimelineEvent[] }) {
  const shown = events.filter(({ type }) => type !== "shootout_kick");
  const kicks = events.filter(({ type }) => type === "shootout_kick");
  return (
    <>
      <Panel
        title="Timeline"
        note={`${match.competitors.map(({ name }) => name).join(" above, ")} below the line`}
      >
        <Drawing>{(width) => <Axis match={match} events={shown} width={width} />}</Drawing>
      </Panel>
      <Panel title="Key events">
        <ol class={styles.keys}>
          {[...shown].reverse().map((event) => (
            <Key key={eventKey(event)} event={event} match={match} />
          ))}
        </ol>
        {kicks.length > 0 && (
          <ol class={styles.keys} aria-label="Penalty shoot-out">
            {kicks.map((event, index) => (
              <Key key={eventKey(event)} event={event} match={match} place={String(index + 1)} />
            ))}
          </ol>
        )}
      </Panel>
    </>
  );
}

interface AxisProps {
  match: Match;
  events: readonly TimelineEvent[];
  width: number;
}

function Axis({ match, events, width }: AxisProps) {
  const stretches = stretchesOf(match, events);
  const whole = stretches.reduce((sum, { length }) => sum + length, 0);
  const x = (minute: number) => EDGE + (minute / whole) * (width - 2 * EDGE);
  const now =
    isUnderWay(match) && match.clock?.playedS !== undefined
      ? stretches
          .filter(({ period }) => period === match.clock?.period)
          .map(
            ({ start, before, length }) =>
              start + Math.min((match.clock?.playedS ?? 0) / 60 - before, length),
          )[0]
      : undefined;
  const taken = { up: [] as number[], down: [] as number[] };
  const placed = events.flatMap((event) => {
    const place = placeOf(stretches, event);
    if (place === null) return [];
    const home = event.competitorId === match.competitors[0]?.id;
    const others = taken[home ? "up" : "down"];
    const level = others.filter((other) => Math.abs(other - x(place)) < NEAR).length;
    others.push(x(place));
    return [{ event, at: x(place), home, level }];
  });
  const highest = (side: boolean) =>
    Math.max(0, ...placed.filter(({ home }) => home === side).map(({ level }) => level));
  const middle = 36 + highest(true) * LEVEL;
  const height = middle + 36 + highest(false) * LEVEL;
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      class={shared.svg}
      role="img"
      aria-label="The key events by minute; the list below says the same."
    >
      {stretches.map(({ period, start, length, before, nominal }) => (
        <g key={period}>
          <rect
            x={x(start) + 1}
            y={middle - 9}
            width={x(start + length) - x(start) - 2}
            height={18}
            rx={4}
            class={styles.ground}
          />
          {[0, nominal / 3, (2 * nominal) / 3].map((minute) => (
            <text key={minute} x={x(start + minute) + 5} y={middle + 4}>
              {minute === 0
                ? period === 1
                  ? "KO"
                  : period === 2
                    ? "HT"
                    : `${before}'`
                : `${before + minute}'`}
            </text>
          ))}
        </g>
      ))}
      {now !== undefined && <line x1={x(now)} x2={x(now)} y1={18} y2={height - 18} class={styles.now} />}
      {placed.map(({ event, at, home, level }) => (
        <g
          key={eventKey(event)}
          transform={`translate(${at} ${home ? middle - 24 - level * LEVEL : middle + 24 + level * LEVEL})`}
        >
          <title>{sentenceOf(event, match)}</title>
          <Sign event={event} />
        </g>
      ))}
    </svg>
  );
}

function Sign({ event }: { event: TimelineEvent }) {
  switch (event.type) {
    case "goal":
      return (
        <>
          <circle r="8" class={classes(styles.goal, event.detail.ownGoal === true && styles.own)} />
          <circle r="2.6" class={styles.dot} />
        </>
      );
    case "card":
      return (
        <rect
          x="-4.5"
          y="-6.5"
          width="9"
          height="13"
          rx="2"
          class={isRed(event) ? styles.red : styles.yellow}
        />
      );
    case "substitution":
      return <path d="M-4 5V-5m0 0-3 3m3-3 3 3M4-5V5m0 0-3-3m3 3 3-3" class={styles.change} />;
    case "penalty_missed":
      return <path d="M-5-5 5 5M5-5-5 5" class={styles.miss} />;
    default:
      return <path d="M-7-5H7V5H-7Z" class={styles.var} />;
  }
}

function nameOf(event: TimelineEvent, ...roles: string[]): string {
  const player = playerOf(event, ...roles);
  return player?.name ?? player?.id ?? "";
}

/** What happened: its name, who, and what else there is to say. */
function wordsOf(event: TimelineEvent): { what: string; who: string; more: string } {
  switch (event.type) {
    case "goal": {
      const own = event.detail.ownGoal === true;
      const assist = nameOf(event, "assist");
      return {
        what: own ? "Own goal" : event.detail.penalty === true ? "Penalty" : "Goal",
        who: nameOf(event, "scorer", "own_goal"),
        more: own
          ? "own goal"
          : event.detail.penalty === true
            ? "penalty"
            : assist === ""
              ? ""
              : `assist ${assist}`,
      };
    }
    case "card": {
      const second = event.detail.card === "second_yellow";
      return {
        what: isRed(event) ? "Red card" : "Yellow card",
        who: nameOf(event, "player"),
        more: second ? "second yellow" : "",
      };
    }
    case "substitution":
      return {
        what: "Substitution",
        who: nameOf(event, "player_in"),
        more: `for ${nameOf(event, "player_out")}`,
      };
    case "penalty_missed":
      return { what: "Penalty missed", who: nameOf(event, "shooter"), more: "penalty missed" };
    case "shootout_kick": {
      const scored = event.detail.scored === true;
      return {
        what: scored ? "Scored" : "Missed",
        who: nameOf(event, "shooter", "scorer"),
        more: scored ? "" : "missed",
      };
    }
    default:
      return {
        what: "Video review",
        who: "Video review",
        more: typeof event.detail.decision === "string" ? event.detail.decision : "",
      };
  }
}

function sideOf(event: TimelineEvent, match: Match): Competitor | undefined {
  return match.competitors.find(({ id }) => id === event.competitorId);
}

function sentenceOf(event: TimelineEvent, match: Match): string {
  const { what, who, more } = wordsOf(event);
  return [event.clock?.display, what, sideOf(event, match)?.name, who, more].filter(Boolean).join(", ");
}

function Key({ event, match, place }: { event: TimelineEvent; match: Match; place?: string }) {
  const { what, who, more } = wordsOf(event);
  const away = event.competitorId === match.competitors[1]?.id;
  const score =
    event.type === "goal" && event.scoreAfter !== undefined
      ? match.competitors.map(({ id }) => event.scoreAfter?.[id]?.split(" ")[0]).join("-")
      : null;
  return (
    <li class={classes(styles.key, away && styles.right, event.type === "goal" && styles.big)}>
      <span class={styles.minute}>{place ?? event.clock?.display}</span>
      <span class={styles.words}>
        <span class="visually-hidden">
          {what}, {sideOf(event, match)?.name}:{" "}
        </span>
        <b>{who}</b> {score !== null && <em class="tabular">{score}</em>}
        {more !== "" && <small>{more}</small>}
      </span>
      <svg viewBox="-10 -10 20 20" width="20" height="20" aria-hidden="true">
        {event.type === "shootout_kick" ? (
          event.detail.scored === true ? (
            <circle r="7" class={styles.goal} />
          ) : (
            <path d="M-5-5 5 5M5-5-5 5" class={styles.miss} />
          )
        ) : (
          <Sign event={event} />
        )}
      </svg>
    </li>
  );
}
