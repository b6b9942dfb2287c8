import type { ComponentChildren } from "preact";
import styles from "./Badge.module.css";
import { Icon } from "./Icon";

export function LiveBadge({ children = "Live" }: { children?: ComponentChildren }) {
  return (
    <span class={styles.live}>
      <i />
      {children}
    </span>
  );
}

export type Tone = "plain" | "ok" | "warn" | "bad";

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`${styles.badge} ${styles[tone]}`}>{children}</span>;
}

export function Listeners({ count }: { count: number }) {
  return (
    <span class={styles.count}>
      <Icon name="headphones" size={16} />
      <span class="tabular">{count.toLocaleString("en")}</span>
      <span class="visually-hidden">{count === 1 ? "listener" : "listeners"}</span>
    </span>
  );
}
