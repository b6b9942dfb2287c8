import type { Match, MatchStatistics, TimelineEvent } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { useMatchRoom } from "../../state/hooks";
import { useCourse } from "../../state/readings";
import { isUnderWay } from "../shared/match";
import { Scroll } from "../shared/Scroll";
import { Statistics as Reading } from "../shared/Statistics";
import styles from "../shared/Statistics.module.css";
import { isCharted } from "./charted";
import { icon } from "./icon";
import { fallsOf } from "./overs";
import { cardsAt } from "./scorecard";

/** The scorecards of all innings. */
export function Statistics({ match }: { match: Match }) {
  return (
    <Reading match={match} icon={icon}>
      {(statistics) => <Cards match={match} statistics={statistics} />}
    </Reading>
  );
}

function Cards({ match, statistics: read }: { match: Match; statistics: MatchStatistics }) {
  const { events } = useMatchRoom(match.id).state.value;
  const statistics = cardsAt(match, read, events);
  const course = useCourse(match.id, isCharted).value?.events ?? [];
  const periods = [...new Set(statistics.groups.map(({ period }) => period ?? 0))];
  return (
    <>
      {periods.map((period) => (
        <Innings key={period} match={match} statistics={statistics} period={period} course={course} />
      ))}
    </>
  );
}

interface InningsProps {
  match: Match;
  statistics: MatchStatistics;
  period: number;
  course: readonly TimelineEvent[];
}

function Innings({ match, statistics, period, course }: InningsProps) {
  const batting = statistics.groups.find(({ key }) => key === `batting.${period}`);
  const bowling = statistics.groups.find(({ key }) => key === `bowling.${period}`);
  const detail = match.periods.find(({ number }) => number === period)?.detail;
  if (batting === undefined) return null;
  const side = match.competitors.find(({ id }) => id === detail?.battingId);
  const batted = new Set(batting.rows.map(({ playerId }) => playerId));
  const waiting = (side?.lineup ?? []).filter(({ id, starter }) => starter !== false && !batted.has(id));
  const falls = fallsOf(course, period);
  const title = batting.title.replace(/: batting$/, "");
  const isSuper = match.periods.find(({ number }) => number === period)?.type === "super_over";
  return (
    <section class={styles.panel} aria-labelledby={`innings-${period}`}>
      <header class={styles.head}>
        <h2 id={`innings-${period}`}>{title}</h2>
        {detail !== undefined && (
          <p class="tabular">
            <b>
              {detail.runs}/{detail.wickets}
              {detail.declared && "d"}
            </b>{" "}
            ({detail.overs} ov)
          </p>
        )}
      </header>
      <Scroll label={`${title}: batting`}>
        <table class={styles.table}>
          <thead>
            <tr>
              <th scope="col">Batter</th>
              {["R", "B", "4s", "6s", "SR"].map((label) => (
                <th key={label} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {batting.rows.map((row) => (
              <tr key={row.playerId} class={classes(row.values.dismissal === "not out" && styles.in)}>
                <th scope="row">
                  <b>{row.name}</b>
                  <span>{row.values.dismissal}</span>
                </th>
                <td class={styles.main}>{row.values.runs}</td>
                <td>{row.values.balls}</td>
                <td>{row.values.fours}</td>
                <td>{row.values.sixes}</td>
                <td>{fixed(row.values.strikeRate)}</td>
              </tr>
            ))}
            {batting.totals.map((total) => (
              <tr key={total.label} class={styles.total}>
                <th scope="row">
                  <b>{total.label}</b>
                  <span>{total.values.dismissal}</span>
                </th>
                <td class={styles.main}>{total.values.runs}</td>
                <td colSpan={4} />
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {waiting.length > 0 && !isSuper && (
        <p class={styles.note}>
          <b class={styles.what}>
            {isUnderWay(match) && match.clock?.period === period ? "Yet to bat" : "Did not bat"}
          </b>{" "}
          {waiting.map(({ name }) => name).join(", ")}
        </p>
      )}
      {falls.length > 0 && (
        <p class={styles.note}>
          <b class={styles.what}>Fall of wickets</b>{" "}
          {falls.map((fall, index) => (
            <span key={fall.wicket}>
              {index > 0 && ", "}
              <span class={styles.fall}>
                {fall.runs}-{fall.wicket}
              </span>{" "}
              ({[fall.name, fall.over].filter(Boolean).join(", ")})
            </span>
          ))}
        </p>
      )}
      {bowling !== undefined && bowling.rows.length > 0 && (
        <Scroll label={bowling.title}>
          <table class={styles.table}>
            <thead>
              <tr>
                <th scope="col">Bowler</th>
                {bowling.columns.map((column) => (
                  <th key={column.key} scope="col" class={classes(MINOR.has(column.key) && styles.minor)}>
                    {column.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {bowling.rows.map((row) => (
                <tr key={row.playerId}>
                  <th scope="row">
                    <b>{row.name}</b>
                  </th>
                  {bowling.columns.map((column) => (
                    <td
                      key={column.key}
                      class={classes(
                        MINOR.has(column.key) && styles.minor,
                        column.key === "wickets" && styles.main,
                      )}
                    >
                      {column.key === "economy" ? fixed(row.values.economy) : row.values[column.key]}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

/** What a phone leaves out. */
const MINOR = new Set(["dots", "wides", "noballs"]);

function fixed(value: unknown): string {
  return typeof value === "number" ? value.toFixed(2) : "–";
}
