import { useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import { classes } from "../../design/classes";
import styles from "./Views.module.css";

interface ViewsProps<T extends string> {
  label: string;
  value: T;
  /** The first is the page itself; the others have their name in the address. */
  options: readonly (readonly [T, string])[];
}

export const PANEL_ID = "view";

export function tabId(view: string): string {
  return `view-${view}`;
}

/** The views of a page as tabs that are links: each has an address of its own; arrow keys go from one to the next. */
export function Views<T extends string>({ label, value, options }: ViewsProps<T>) {
  const { path, route } = useLocation();
  const list = useRef<HTMLDivElement>(null);
  const hrefOf = (view: T) => (view === options[0]?.[0] ? path : `${path}?view=${view}`);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = options.findIndex(([view]) => view === value);
    const last = options.length - 1;
    const next = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    }[event.key];
    const view = next === undefined ? undefined : options[next]?.[0];
    if (view === undefined) return;
    event.preventDefault();
    route(hrefOf(view), true);
    list.current?.querySelector<HTMLElement>(`#${tabId(view)}`)?.focus();
  };
  return (
    <div class={styles.views} role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
      {options.map(([view, text]) => (
        <a
          key={view}
          id={tabId(view)}
          role="tab"
          href={hrefOf(view)}
          aria-selected={view === value}
          aria-controls={PANEL_ID}
          tabIndex={view === value ? 0 : -1}
          class={classes(view === value && styles.chosen)}
        >
          {text}
        </a>
      ))}
    </div>
  );
}
