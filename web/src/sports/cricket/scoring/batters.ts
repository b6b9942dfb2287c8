/** Who is in the middle, and who comes and goes between deliveries. Pure. */
import { type Action, type Desk, person, text } from "../../shared/scoring/actions";
import { opponentOf } from "../../shared/scoring/entry";
import { leave, outWithoutBall } from "./betweenBalls";
import { batterOptions, type Innings, type Need, needOf } from "./state";

/** A step for whoever is still missing, before the ball itself is asked about. */
function missing(desk: Desk, innings: Innings): ReturnType<NonNullable<Action["steps"]>> {
  const need = needOf(innings);
  return need === null ? [] : [creaseStep(desk, innings, need)];
}

const TITLES: Record<Need, string> = {
  striker: "Who faces?",
  nonStriker: "Who is at the other end?",
  bowler: "Who bowls?",
};

function creaseStep(desk: Desk, innings: Innings, need: Need) {
  const { striker, nonStriker } = innings.crease;
  const fielding = opponentOf(desk.match, innings.batting).id;
  return {
    kind: "player",
    name: need,
    title: need !== "bowler" && innings.overs.size > 0 ? "Who comes in?" : TITLES[need],
    side: need === "bowler" ? fielding : innings.batting,
    without:
      need === "bowler"
        ? innings.overEnded && innings.lastBowler !== null
          ? [innings.lastBowler]
          : []
        : [...innings.out, striker?.id ?? "", nonStriker?.id ?? ""],
  } as const;
}

export function creaseActions(desk: Desk, innings: Innings): Action[] {
  const { striker, nonStriker, bowler } = innings.crease;
  const change = (id: Need, label: string, key: string): Action => ({
    id: `crease-${id}`,
    label,
    key,
    steps: () => [creaseStep(desk, { ...innings, crease: { ...innings.crease, [id]: undefined } }, id)],
    entries: () => [],
    places: (answers) => ({ ...innings.crease, [id]: person(answers[id]) ?? undefined }),
  });
  return [
    {
      id: "swap",
      label: "Swap ends",
      key: "s",
      entries: () => [],
      places: () => ({ striker: nonStriker, nonStriker: striker, bowler }),
    },
    change("striker", "Striker", "k"),
    change("nonStriker", "Non-striker", "j"),
    change("bowler", "Bowler", "m"),
    {
      id: "retired",
      label: "Retired hurt",
      key: "h",
      steps: () => [
        {
          kind: "choice",
          name: "who",
          title: "Who retires hurt?",
          options: batterOptions(innings),
        },
        {
          kind: "player",
          name: "next",
          title: "Who comes in?",
          side: innings.batting,
          without: [...innings.out, striker?.id ?? "", nonStriker?.id ?? ""],
        },
      ],
      entries: (answers) => [
        leave(innings, text(answers.who) === "striker" ? striker : nonStriker, "retired hurt"),
      ],
      places: (answers) => ({ ...innings.crease, [text(answers.who)]: person(answers.next) ?? undefined }),
    },
    outWithoutBall(innings),
  ];
}

/** The step that asks for whoever is missing, as an action of its own. */
export function needAction(desk: Desk, innings: Innings, need: Need): Action {
  return {
    id: `need-${need}`,
    label: TITLES[need],
    steps: () => missing(desk, { ...innings, crease: { ...innings.crease, [need]: undefined } }),
    entries: () => [],
    places: (answers) => ({ ...innings.crease, [need]: person(answers[need]) ?? undefined }),
  };
}
