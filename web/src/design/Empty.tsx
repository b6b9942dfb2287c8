import type { ComponentChildren } from "preact";
import styles from "./Empty.module.css";
import { Icon, type IconName, type IconShape } from "./Icon";

/** What stands where there is nothing to show: what it means, and what can be done. */
export function Empty({
  icon,
  title,
  children,
  compact = false,
  heading = false,
}: {
  icon: IconName | IconShape;
  title: string;
  children?: ComponentChildren;
  compact?: boolean;
  /** Whether this is all there is on the page, so that its title is the page's. */
  heading?: boolean;
}) {
  return (
    <div class={compact ? `${styles.empty} ${styles.compact}` : styles.empty}>
      <Icon name={icon} size={compact ? 22 : 30} />
      {heading ? <h1 class={styles.title}>{title}</h1> : <p class={styles.title}>{title}</p>}
      {children}
    </div>
  );
}

/** Room for what is on its way; see `in-order` in base.css for what stands below it. */
export function Skeleton({ height, label = "Loading" }: { height: string; label?: string }) {
  return (
    <div class={styles.skeleton} style={{ height }} role="status" data-loading="">
      <span class="visually-hidden">{label}</span>
    </div>
  );
}
