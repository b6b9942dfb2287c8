import type { ComponentChildren } from "preact";
import type { Match, MatchStatistics } from "../../contracts/generated";
import { Button } from "../../design/Button";
import { Empty, Skeleton } from "../../design/Empty";
import type { IconShape } from "../../design/Icon";
import { useStatistics } from "../../state/readings";
import { Compared, type Wording } from "./Compared";
import { isUnderWay, phaseOf } from "./match";
import { PlayerTable } from "./PlayerTable";
import styles from "./Statistics.module.css";

interface StatisticsProps {
  match: Match;
  /** Its sport's, for a page without statistics. */
  icon: IconShape;
  /** Whether there is something to show. */
  isTold?: (statistics: MatchStatistics) => boolean;
  children: (statistics: MatchStatistics) => ComponentChildren;
}

/** What the players did: scorecards, box scores, teams beside each other. */
export function Statistics({ match, icon, isTold = hasRows, children }: StatisticsProps) {
  const reading = useStatistics(match.id, isUnderWay(match));
  if (reading.failed)
    return (
      <Empty icon="offline" title="The statistics could not be loaded" compact>
        <Button onClick={reading.again}>Try again</Button>
      </Empty>
    );
  if (reading.value === null) return <Skeleton height="240px" label="Loading the statistics" />;
  if (!isTold(reading.value))
    return (
      <Empty icon={icon} title="No statistics yet" compact>
        <p>
          {phaseOf(match) === "upcoming"
            ? "They appear here when play begins."
            : "The feed of this match names no players."}
        </p>
      </Empty>
    );
  return <div class={styles.page}>{children(reading.value)}</div>;
}

function hasRows({ groups }: MatchStatistics): boolean {
  return groups.some(({ rows }) => rows.length > 0);
}

interface TeamStatisticsProps extends Wording {
  match: Match;
  icon: IconShape;
}

/** The two teams beside each other, and a table of each one's players. */
export function TeamStatistics({ match, icon, ...wording }: TeamStatisticsProps) {
  return (
    <Statistics match={match} icon={icon}>
      {(statistics) => (
        <>
          <Compared match={match} statistics={statistics} title="Teams compared" {...wording} />
          {statistics.groups
            .filter(({ rows }) => rows.length > 0)
            .map((group) => (
              <PlayerTable key={group.key} group={group} id={group.key} names={wording.names} />
            ))}
        </>
      )}
    </Statistics>
  );
}
