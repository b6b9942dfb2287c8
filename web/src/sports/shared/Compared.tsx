import type { Match, MatchStatistics, StatRow } from "../../contracts/generated";
import { classes } from "../../design/classes";
import type { ColumnNames } from "./PlayerTable";
import styles from "./Statistics.module.css";

/** How a sport words what is compared. */
export interface Wording {
  names: ColumnNames;
  /** Columns that are shares (`9-17`), by key. */
  shares: Readonly<Record<string, string>>;
  /** What is compared of a side's totals, where that is not the totals themselves. */
  totals?: (values: StatRow["values"] | undefined) => StatRow["values"] | undefined;
}

interface ComparedProps extends Wording {
  match: Match;
  statistics: MatchStatistics;
  title: string;
}

interface Line {
  key: string;
  label: string;
  values: [number, number];
  texts: [string, string];
}

/** The two sides' totals as bars beside each other. */
export function Compared({ match, statistics, title, ...wording }: ComparedProps) {
  const [home, away] = match.competitors;
  const lines = linesOf(match, statistics, wording);
  if (lines.length === 0 || home === undefined || away === undefined) return null;
  return (
    <section class={styles.panel} aria-labelledby="compared">
      <header class={styles.head}>
        <h2 id="compared">{title}</h2>
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
export function linesOf(
  match: Match,
  { groups }: MatchStatistics,
  { names, shares, totals = (values) => values }: Wording,
): Line[] {
  const group = groups.find(({ key }) => key === "sides");
  const own = (sideId: string) =>
    (group ?? groups.find((one) => one.totals.some((total) => total.competitorId === sideId)))?.totals.find(
      (total) => total.competitorId === sideId,
    )?.values ?? groups.flatMap(({ rows }) => rows).find((row) => row.competitorId === sideId)?.values;
  const [home, away] = match.competitors.map(({ id }) => totals(own(id)));
  const columns = (group ?? groups[0])?.columns ?? [];
  return columns.flatMap((column): Line[] => {
    const ours = home?.[column.key];
    const theirs = away?.[column.key];
    if (ours === undefined || theirs === undefined) return [];
    const label = shares[column.key] ?? names[column.label] ?? column.label;
    const values: [number, number] = [figureOf(ours), figureOf(theirs)];
    if (values[0] + values[1] === 0) return [];
    return [{ key: column.key, label, values, texts: [textOf(ours), textOf(theirs)] }];
  });
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
