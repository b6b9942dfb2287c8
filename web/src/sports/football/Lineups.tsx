import type { Match } from "../../contracts/generated";
import { useCourse } from "../../state/readings";
import { Lineups as Lists } from "../shared/Lineups";
import { formationOf } from "../shared/lineup";
import { isCharted } from "./charted";
import { icon } from "./icon";
import { marksOf } from "./moments";

/** Who plays: on the pitch where positions are known, with goals, cards and substitutions. */
export function Lineups({ match }: { match: Match }) {
  const course = useCourse(match.id, isCharted).value?.events ?? [];
  return (
    <Lists
      match={match}
      icon={icon}
      formationOf={formationOf}
      marksOf={(sideId) => marksOf(course, sideId)}
    />
  );
}
