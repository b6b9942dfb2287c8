import { useRef } from "preact/hooks";
import styles from "./Ticker.module.css";

/** A figure that shows when it changed. What it was when the page opened is no change. */
export function Ticker({ value }: { value: string }) {
  const seen = useRef({ value, changes: 0 });
  if (seen.current.value !== value) seen.current = { value, changes: seen.current.changes + 1 };
  return (
    <span key={seen.current.changes} class={seen.current.changes > 0 ? styles.changed : styles.still}>
      {value}
    </span>
  );
}
