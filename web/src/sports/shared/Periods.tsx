import type { Match, MatchPeriod } from "../../contracts/generated";
import styles from "./Board.module.css";

interface PeriodsProps {
  match: Match;
  /** A period's short name in its sport. */
  nameOf: (match: Match, period: MatchPeriod) => string;
}

/** The score by period. */
export function Periods({ match, nameOf }: PeriodsProps) {
  const periods = match.periods.filter(({ type }) => type !== "penalties");
  if (periods.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: many overtimes are wider than a phone, and scroll by key too
    <section class={styles.periods} aria-label="Table of the score by period" tabIndex={0}>
      <table>
        <caption class="visually-hidden">Score by period</caption>
        <thead>
          <tr>
            <td />
            {periods.map((period) => (
              <th
                key={period.number}
                scope="col"
                aria-current={period.number === match.clock?.period || undefined}
              >
                {nameOf(match, period)}
              </th>
            ))}
            <th scope="col">Total</th>
          </tr>
        </thead>
        <tbody>
          {match.competitors.map((side) => (
            <tr key={side.id}>
              <th scope="row">
                <abbr title={side.name}>{side.abbreviation}</abbr>
              </th>
              {periods.map((period) => (
                <td key={period.number}>{period.scores[side.id] ?? 0}</td>
              ))}
              <td class={styles.sum}>{side.score}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
