import type { Match } from "../../contracts/generated";
import { Button } from "../../design/Button";
import { Empty, Skeleton } from "../../design/Empty";
import { useCourse } from "../../state/readings";
import { Flow } from "./Flow";
import { phaseOf } from "./format";
import { Minutes } from "./Minutes";
import { Momentum } from "./Momentum";
import { Overs } from "./Overs";

const CHARTS = { football: Minutes, cricket: Overs, basketball: Flow, tennis: Momentum };

/** The course of the match as a picture, with the same in words. */
export function Charts({ match }: { match: Match }) {
  const reading = useCourse(match.id);
  const Chart = CHARTS[match.sport];
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
        icon={match.sport}
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
  return <Chart match={match} events={reading.value.events} />;
}
