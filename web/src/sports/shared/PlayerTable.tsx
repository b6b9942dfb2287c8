import type { StatGroup, StatRow } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { Scroll } from "./Scroll";
import styles from "./Statistics.module.css";

/** The columns of a sport's tables in words, by their short label: `G` is `Goals`. */
export type ColumnNames = Readonly<Record<string, string>>;

interface PlayerTableProps {
  group: StatGroup;
  id: string;
  names: ColumnNames;
}

/** What the players of one side did, as a table. */
export function PlayerTable({ group, id, names }: PlayerTableProps) {
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
                  <abbr title={names[column.label] ?? column.label}>{column.label}</abbr>
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
