import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import styles from "./Chart.module.css";

/** A picture with its title, and a line that says how to read it. */
export function Panel({
  title,
  note,
  children,
}: {
  title: string;
  note?: string;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class={styles.panel} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <p>{note}</p>}
      </header>
      <div class={styles.body}>{children}</div>
    </section>
  );
}

/** Room for a picture, drawn at the width there is (CSS pixels), so that letters and marks are as large everywhere. */
export function Drawing({ children }: { children: (width: number) => ComponentChildren }) {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState<number | null>(null);
  // Measured before anything is painted: what stands below the picture must not jump when it comes.
  useLayoutEffect(() => {
    if (element.current === null) return;
    const take = (room: number) => setWidth(Math.max(240, room));
    take(element.current.clientWidth);
    const watch = new ResizeObserver(([entry]) => entry && take(entry.contentRect.width));
    watch.observe(element.current);
    return () => watch.disconnect();
  }, []);
  return <div ref={element}>{width !== null && children(width)}</div>;
}

/** What the colours mean. */
export function Legend({ items }: { items: readonly { name: string; colour: number }[] }) {
  return (
    <ul class={styles.legend}>
      {items.map(({ name, colour }) => (
        <li key={name}>
          <i class={styles[`fill${colour}`]} aria-hidden="true" />
          {name}
        </li>
      ))}
    </ul>
  );
}

/** Steps of an axis: at most `most`, of 1, 2, 5, 10, 20, … */
export function stepsTo(top: number, most = 5): number[] {
  let step = 1;
  for (const factor of [1, 2, 5, 10, 20, 25, 50, 100, 200, 500]) {
    step = factor;
    if (top / factor <= most) break;
  }
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
}
