import type { ComponentChildren } from "preact";
import styles from "./Statistics.module.css";

/** A table wider than the screen scrolls by itself, by keyboard too. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reached by keyboard
    <section class={styles.scroll} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
