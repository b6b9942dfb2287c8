import type { Competitor } from "../../../contracts/generated";
import { type Action, named, person } from "./actions";
import { type Entry, inRole } from "./entry";

interface SubstitutionProps {
  side: Competitor;
  /** Whether its key is pressed with shift, as those of the second side are. */
  shift: boolean;
  /** The entry of now, with what is said of it here. */
  entry: (more: Omit<Entry, "period" | "clock">) => Entry;
}

/** Somebody goes off, and somebody comes on. */
export function substitution({ side, shift, entry }: SubstitutionProps): Action {
  return {
    id: `sub-${side.id}`,
    label: "Substitute",
    key: "s",
    shift,
    side: side.id,
    steps: ({ off }) => [
      { kind: "player", name: "off", title: `Substitution, ${side.name}: who goes off?`, side: side.id },
      {
        kind: "player",
        name: "on",
        title: "Who comes on?",
        side: side.id,
        without: person(off) ? [person(off)?.id ?? ""] : [],
      },
    ],
    entries: ({ off, on }) => [
      entry({
        type: "substitution",
        side: side.id,
        players: [...inRole(person(on), "player_in"), ...inRole(person(off), "player_out")],
        text: `${named(on, "A substitute")} comes on for ${named(off, "a player")}, ${side.name}`,
      }),
    ],
  };
}
