import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { classes } from "./classes";
import styles from "./Panel.module.css";

interface PanelProps {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  flush?: boolean;
}

/** A titled card of the dashboards; `flush` lets its content touch the edges. */
export function Panel({ title, aside, children, flush = false }: PanelProps) {
  const id = useId();
  return (
    <section class={styles.panel} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      <div class={classes(styles.body, flush && styles.flush)}>{children}</div>
    </section>
  );
}

/** One big figure with its name. */
export function Tile({
  name,
  value,
  unit,
  children,
}: {
  name: string;
  value: string;
  unit?: string;
  children?: ComponentChildren;
}) {
  return (
    <div class={styles.tile}>
      <dt>{name}</dt>
      <dd>
        {value}
        {unit !== undefined && <small> {unit}</small>}
      </dd>
      {children !== undefined && <dd class={styles.chart}>{children}</dd>}
    </div>
  );
}
