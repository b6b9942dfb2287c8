import type { ComponentChildren } from "preact";
import type { Match, TimelineEvent } from "../../contracts/generated";
import { Button } from "../../design/Button";
import { Empty, Skeleton } from "../../design/Empty";
import type { IconShape } from "../../design/Icon";
import type { IsCharted } from "../../state/match";
import { useCourse } from "../../state/readings";
import { phaseOf } from "./match";

interface CourseChartProps {
  match: Match;
  /** Its sport's, for a page without a picture. */
  icon: IconShape;
  isCharted: IsCharted;
  /** The picture; `events` in the order of play, one at least. */
  children: (events: readonly TimelineEvent[]) => ComponentChildren;
}

/** The course of the match as a picture, with the same in words. */
export function CourseChart({ match, icon, isCharted, children }: CourseChartProps) {
  const reading = useCourse(match.id, isCharted);
  if (reading.failed)
    return (
      <Empty icon="offline" title="The timeline could not be loaded" compact>
        <Button onClick={reading.again}>Try again</Button>
      </Empty>
    );
  if (reading.value === null) return <Skeleton height="240px" label="Loading the timeline" />;
  if (reading.value.events.length === 0)
    return (
      <Empty
        icon={icon}
        title={phaseOf(match) === "upcoming" ? "Not started yet" : "Nothing to draw yet"}
        compact
      >
        <p>
          {phaseOf(match) === "over"
            ? "The feed of this match told only the score."
            : "The picture grows here as the match is played."}
        </p>
      </Empty>
    );
  return <>{children(reading.value.events)}</>;
}
