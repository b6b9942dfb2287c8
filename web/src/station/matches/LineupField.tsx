import { useId } from "preact/hooks";
import styles from "./Matches.module.css";

/** A side's players, one a line. */
export function LineupField({
  label,
  value,
  count,
  onInput,
}: {
  label: string;
  value: string;
  count: number;
  onInput: (text: string) => void;
}) {
  const id = useId();
  return (
    <div class={styles.area}>
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={8}
        value={value}
        placeholder={"1 Ann Abbot\n9 Bea Barlow\n\n12 Cleo Cotter"}
        aria-describedby={`${id}-note`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <p id={`${id}-note`}>
        {count === 1 ? "1 player" : `${count} players`}. Below an empty line: substitutes.
      </p>
    </div>
  );
}
