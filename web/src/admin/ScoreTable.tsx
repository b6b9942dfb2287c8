import type { MatchBrief } from "../contracts/generated";
import { classes } from "../design/classes";
import styles from "./ScoreTable.module.css";

interface ScoreTableProps {
  match: MatchBrief;
  stated: Record<string, number> | undefined;
  folded: Record<string, number>;
}

/** What the provider says beside what its events come to. */
export function ScoreTable({ match, stated, folded }: ScoreTableProps) {
  return (
    <table class={styles.table}>
      <thead>
        <tr>
          <th scope="col">Side</th>
          <th scope="col">Provider</th>
          <th scope="col">Events</th>
        </tr>
      </thead>
      <tbody>
        {match.competitors
          .filter((side) => stated === undefined || side.id in stated || side.id in folded)
          .map((side) => {
            const [theirs, ours] = [stated?.[side.id], folded[side.id]];
            return (
              <tr key={side.id}>
                <th scope="row">{side.name}</th>
                <td>{theirs ?? "–"}</td>
                <td class={classes(theirs !== undefined && theirs !== ours && styles.differs)}>
                  {ours ?? "–"}
                </td>
              </tr>
            );
          })}
      </tbody>
    </table>
  );
}
