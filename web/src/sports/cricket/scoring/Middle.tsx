import { classes } from "../../../design/classes";
import { Ball } from "../../shared/Ball";
import type { Desk } from "../../shared/scoring/actions";
import { sideOf } from "../../shared/scoring/entry";
import { ballMark } from "../marks";
import styles from "./Middle.module.css";
import {
  bowled,
  bowlersOvers,
  type Innings,
  inningsOver,
  type Need,
  oversText,
  perOver,
  stateOf,
  targetOf,
} from "./state";

interface MiddleProps {
  desk: Desk;
  onPress: (actionId: string) => void;
}

/** Who is in the middle, and the over that is bowled. */
export function Middle({ desk, onPress }: MiddleProps) {
  const { match, config } = desk;
  const state = stateOf(desk);
  const onChange = (who: Need) => onPress(`crease-${who}`);
  const { present } = state;
  if (present === null || present.ended) return null;
  const balls = perOver(config);
  const target = targetOf(state, config);
  const done = inningsOver(state, config);
  const [, fair] = bowled(present, balls);
  return (
    <section class={styles.middle} aria-label="In the middle">
      <p class={styles.total}>
        <span>{sideOf(match, present.batting).abbreviation}</span>
        <b>
          {present.runs}/{present.wickets}
        </b>
        <span>{oversText(present, balls)} ov</span>
        {target !== null && done === null && <span class={styles.need}>{target - present.runs} to win</span>}
        {done !== null && <span class={styles.need}>{done}</span>}
      </p>
      <div class={styles.people}>
        <Batter innings={present} place="striker" onChange={onChange} />
        <Batter innings={present} place="nonStriker" onChange={onChange} />
        <Bowler innings={present} balls={balls} onChange={onChange} />
      </div>
      {present.over.length > 0 && (
        <ol class={styles.over} aria-label={present.overEnded ? "The last over" : "This over"}>
          {present.over.map((event) => (
            <li key={event.eventId}>
              <Ball mark={ballMark(event.detail)} event={event} />
            </li>
          ))}
          <li class={styles.left}>{present.overEnded ? "End of over" : `${balls - fair} to come`}</li>
        </ol>
      )}
    </section>
  );
}

function Batter({
  innings,
  place,
  onChange,
}: {
  innings: Innings;
  place: "striker" | "nonStriker";
  onChange: (who: Need) => void;
}) {
  const one = innings.crease[place];
  const figures = one && innings.batters.get(one.id);
  const name = place === "striker" ? "Striker" : "Non-striker";
  return (
    <button
      type="button"
      class={classes(styles.person, place === "striker" && styles.striker)}
      onClick={() => onChange(place)}
    >
      <small>{name}</small>
      <b>{one?.name ?? "Choose…"}</b>
      <span class="tabular">
        {figures?.runs ?? 0} ({figures?.balls ?? 0})
      </span>
    </button>
  );
}

function Bowler({
  innings,
  balls,
  onChange,
}: {
  innings: Innings;
  balls: number;
  onChange: (who: Need) => void;
}) {
  const one = innings.crease.bowler;
  const figures = one && innings.bowlers.get(one.id);
  return (
    <button type="button" class={styles.person} onClick={() => onChange("bowler")}>
      <small>Bowler</small>
      <b>{one?.name ?? "Choose…"}</b>
      <span class="tabular">
        {figures?.wickets ?? 0}–{figures?.runs ?? 0} ({bowlersOvers(figures?.balls ?? 0, balls)})
      </span>
    </button>
  );
}
