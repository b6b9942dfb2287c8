import type { Match, StatRow } from "../../contracts/generated";
import { Compared, linesOf, type Wording } from "../shared/Compared";
import { Statistics as Reading } from "../shared/Statistics";
import { icon } from "./icon";

const WORDING: Wording = {
  names: { DF: "Double faults" },
  shares: { servicePointsWon: "Points won on serve" },
  totals: served,
};

export function Statistics({ match }: { match: Match }) {
  return (
    <Reading
      match={match}
      icon={icon}
      isTold={(statistics) => linesOf(match, statistics, WORDING).length > 0}
    >
      {(statistics) => (
        <Compared match={match} statistics={statistics} title="Players compared" {...WORDING} />
      )}
    </Reading>
  );
}

/** Of the points on one's own serve, those won: `45-70`. */
function served(values: StatRow["values"] | undefined): StatRow["values"] | undefined {
  if (values?.servicePoints === undefined) return values;
  const { servicePoints, servicePointsWon, ...others } = values;
  return servicePoints === 0
    ? others
    : { ...others, servicePointsWon: `${servicePointsWon}-${servicePoints}` };
}
