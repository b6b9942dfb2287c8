import type { Match, MatchStatistics, StatGroup, StatRow, TimelineEvent } from "../../contracts/generated";
import { Button } from "../../design/Button";
import { classes } from "../../design/classes";
import { Empty, Skeleton } from "../../design/Empty";
import { useMatchRoom } from "../../state/hooks";
import { useCourse, useStatistics } from "../../state/readings";
import { fallsOf } from "./course";
import { isUnderWay, phaseOf } from "./format";
import styles from "./Statistics.module.css";
import { cardsAt } from "./scorecard";

/** What the players did: scorecards, box scores, teams beside each other. */
export function Statistics({ match }: { match: Match }) {
  const reading = useStatistics(match.id, isUnderWay(match));
  if (reading.failed)
    return (
      <Empty icon="offline" title="The statistics could not be loaded" compact>
        <Button onClick={reading.again}>Try again</Button>
      </Empty>
    );
  if (reading.value === null) return <Skeleton height="240px" label="Loading the statistics" />;
  const told = match.sport === "tennis" ? linesOf(match, reading.value).length > 0 : hasRows(reading.value);
  if (!told)
    return (
      <Empty icon={match.sport} title="No statistics yet" compact>
        <p>
          {phaseOf(match) === "upcoming"
            ? "They appear here when play begins."
            : "The feed of this match names no players."}
        </p>
      </Empty>
    );
  if (match.sport === "cricket") return <Cards match={match} statistics={reading.value} />;
  const { groups } = reading.value;
  return (
    <div class={styles.page}>
      <Compared match={match} statistics={reading.value} />
      {match.sport !== "tennis" &&
        groups
          .filter(({ rows }) => rows.length > 0)
          .map((group) => <Table key={group.key} group={group} id={group.key} />)}
    </div>
  );
}

function hasRows({ groups }: MatchStatistics): boolean {
  return groups.some(({ rows }) => rows.length > 0);
}

// Cricket

function Cards({ match, statistics: read }: { match: Match; statistics: MatchStatistics }) {
  const { events } = useMatchRoom(match.id).state.value;
  const statistics = cardsAt(match, read, events);
  const course = useCourse(match.id).value?.events ?? [];
  const periods = [...new Set(statistics.groups.map(({ period }) => period ?? 0))];
  return (
    <div class={styles.page}>
      {periods.map((period) => (
        <Innings key={period} match={match} statistics={statistics} period={period} course={course} />
      ))}
    </div>
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

// The others

function Table({ group, id }: { group: StatGroup; id: string }) {
  // What nobody did needs no column; the first two always say something.
  const columns = group.columns.filter(
    ({ key }, index) => index < 2 || group.rows.some((row) => !isNothing(row, key)),
  );
  return (
    <section class={styles.panel} aria-labelledby={id}>
      <header class={styles.head}>
        <h2 id={id}>{group.title}</h2>
      </header>
      <Scroll label={`Players of ${group.title}`}>
        <table class={classes(styles.table, styles.fixed)}>
          <thead>
            <tr>
              <th scope="col">Player</th>
              {columns.map((column) => (
                <th key={column.key} scope="col">
                  <abbr title={LONG[column.label] ?? column.label}>{column.label}</abbr>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {group.rows.map((row) => (
              <tr key={row.playerId}>
                <th scope="row">
                  <b>{row.name}</b>
                </th>
                {columns.map((column, index) => (
                  <td
                    key={column.key}
                    class={classes(index === 0 && styles.main, isNothing(row, column.key) && styles.nothing)}
                  >
                    {row.values[column.key] ?? "–"}
                  </td>
                ))}
              </tr>
            ))}
            {group.totals.map((total) => (
              <tr key={total.label} class={styles.total}>
                <th scope="row">
                  <b>Total</b>
                </th>
                {columns.map((column) => (
                  <td key={column.key}>{total.values[column.key] ?? ""}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function isNothing(row: StatRow, key: string): boolean {
  const value = row.values[key];
  return value === 0 || value === "0-0";
}

const LONG: Record<string, string> = {
  Min: "Minutes played",
  G: "Goals",
  A: "Assists",
  Sh: "Shots",
  SoT: "Shots on target",
  OG: "Own goals",
  F: "Fouls",
  YC: "Yellow cards",
  RC: "Red cards",
  PTS: "Points",
  FG: "Field goals, made of tried",
  "3P": "Three-pointers, made of tried",
  FT: "Free throws, made of tried",
  REB: "Rebounds",
  OREB: "Offensive rebounds",
  DREB: "Defensive rebounds",
  AST: "Assists",
  STL: "Steals",
  BLK: "Blocks",
  TO: "Turnovers",
  PF: "Personal fouls",
  DF: "Double faults",
};

interface Line {
  key: string;
  label: string;
  values: [number, number];
  texts: [string, string];
}

const SHARES: Record<string, string> = {
  fieldGoals: "Field goals",
  threes: "Three-pointers",
  freeThrows: "Free throws",
  servicePointsWon: "Points won on serve",
};

/** The two sides' totals as bars beside each other. */
function Compared({ match, statistics }: { match: Match; statistics: MatchStatistics }) {
  const [home, away] = match.competitors;
  const lines = linesOf(match, statistics);
  if (lines.length === 0 || home === undefined || away === undefined) return null;
  return (
    <section class={styles.panel} aria-labelledby="compared">
      <header class={styles.head}>
        <h2 id="compared">{match.sport === "tennis" ? "Players" : "Teams"} compared</h2>
      </header>
      <div class={styles.sides} aria-hidden="true">
        <b>{home.name}</b>
        <b>{away.name}</b>
      </div>
      <dl class={styles.bars}>
        {lines.map((line) => {
          const [ours, theirs] = line.values;
          const sum = ours + theirs || 1;
          return (
            <div key={line.key}>
              <dt>{line.label}</dt>
              <dd class={classes(ours > theirs && styles.ahead)}>
                <span class="visually-hidden">{home.name} </span>
                {line.texts[0]}
              </dd>
              <dd class={classes(theirs > ours && styles.ahead)}>
                <span class="visually-hidden">{away.name} </span>
                {line.texts[1]}
              </dd>
              <span class={styles.bar} aria-hidden="true">
                <i>
                  <i
                    style={{ width: `${(100 * ours) / sum}%` }}
                    class={classes(ours >= theirs && styles.full)}
                  />
                </i>
                <i>
                  <i
                    style={{ width: `${(100 * theirs) / sum}%` }}
                    class={classes(theirs >= ours && styles.full)}
                  />
                </i>
              </span>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

/** What can be compared: totals of both sides (in tennis, of the two players), without what neither has. */
export function linesOf(match: Match, { groups }: MatchStatistics): Line[] {
  const group = groups.find(({ key }) => key === "sides");
  const own = (sideId: string) =>
    (group ?? groups.find((one) => one.totals.some((total) => total.competitorId === sideId)))?.totals.find(
      (total) => total.competitorId === sideId,
    )?.values ?? groups.flatMap(({ rows }) => rows).find((row) => row.competitorId === sideId)?.values;
  const [home, away] = match.competitors.map(({ id }) => served(own(id)));
  const columns = (group ?? groups[0])?.columns ?? [];
  return columns.flatMap((column): Line[] => {
    const ours = home?.[column.key];
    const theirs = away?.[column.key];
    if (ours === undefined || theirs === undefined) return [];
    const label = SHARES[column.key] ?? LONG[column.label] ?? column.label;
    const values: [number, number] = [figureOf(ours), figureOf(theirs)];
    if (values[0] + values[1] === 0) return [];
    return [{ key: column.key, label, values, texts: [textOf(ours), textOf(theirs)] }];
  });
}

/** Of the points on one's own serve, those won: `45-70`. */
function served(values: StatRow["values"] | undefined): StatRow["values"] | undefined {
  if (values?.servicePoints === undefined) return values;
  const { servicePoints, servicePointsWon, ...others } = values;
  return servicePoints === 0
    ? others
    : { ...others, servicePointsWon: `${servicePointsWon}-${servicePoints}` };
}

/** `9-17` is a share, of which the percentage is compared. */
function figureOf(value: number | string): number {
  if (typeof value === "number") return value;
  const [made = 0, tried = 0] = value.split("-").map(Number);
  return tried === 0 ? 0 : (100 * made) / tried;
}

function textOf(value: number | string): string {
  if (typeof value === "number") return String(value);
  const [made = 0, tried = 0] = value.split("-").map(Number);
  return tried === 0 ? "0/0" : `${made}/${tried} (${Math.round((100 * made) / tried)}%)`;
}

/** A table wider than the screen scrolls by itself, by keyboard too. */
function Scroll({ label, children }: { label: string; children: preact.ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reached by keyboard
    <section class={styles.scroll} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
