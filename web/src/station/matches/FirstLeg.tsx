import { TextField } from "../../design/Field";
import styles from "./Matches.module.css";

interface FirstLegProps {
  names: readonly [string, string];
  goals: readonly [string, string];
  onChange: (index: 0 | 1, goals: string) => void;
}

/** The goals of the first leg, of a match that is the second: its board then shows the score over both. */
export function FirstLeg({ names, goals, onChange }: FirstLegProps) {
  return (
    <fieldset class={styles.firstLeg} aria-describedby="first-leg-help">
      <legend>First leg (optional)</legend>
      <p id="first-leg-help">
        Only if this is the second leg of a tie: the goals of each side in the first. The score over both legs
        is then shown beside this match&apos;s own.
      </p>
      <div class={styles.columns}>
        {([0, 1] as const).map((index) => (
          <TextField
            key={index}
            label={`Goals of ${names[index].trim() || (index === 0 ? "the home side" : "the away side")}`}
            type="number"
            inputMode="numeric"
            min={0}
            max={MOST}
            step={1}
            required={goals[1 - index] !== ""}
            value={goals[index]}
            onInput={(event) => onChange(index, event.currentTarget.value)}
          />
        ))}
      </div>
    </fieldset>
  );
}

/** More goals than any match had (149-0, 2002): what is beyond is a slip of the finger. */
const MOST = 199;
