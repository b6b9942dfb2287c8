import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Button } from "../design/Button";
import { Empty } from "../design/Empty";
import { Icon, type IconName } from "../design/Icon";
import styles from "./Nav.module.css";
import { overview } from "./platform";

interface Entry {
  path: string;
  name: string;
  icon: IconName;
}

const ENTRIES: readonly Entry[] = [
  { path: "/admin", name: "Monitor", icon: "system" },
  { path: "/admin/feeds", name: "Feeds", icon: "radio" },
  { path: "/admin/alerts", name: "Scores", icon: "alert" },
  { path: "/admin/audit", name: "Audit log", icon: "list" },
];

/** The pages of the admin; on a phone a bar at the bottom, as of an app. */
export function Nav() {
  const { path } = useLocation();
  const feeds = overview.value.now?.matchFeeds;
  const name = ENTRIES.findLast((entry) => path.startsWith(entry.path))?.name ?? "Admin";
  useEffect(() => {
    document.title = `${name} · Touchline`;
  }, [name]);
  useEffect(() => {
    document.documentElement.dataset.nav = "bottom";
    return () => {
      delete document.documentElement.dataset.nav;
    };
  }, []);
  const counts: Record<string, [number, string]> = {
    "/admin/feeds": [feeds?.trouble ?? 0, "in trouble"],
    "/admin/alerts": [feeds?.scoreAlerts ?? 0, "open"],
  };
  return (
    <nav class={styles.nav} aria-label="Admin">
      {ENTRIES.map((entry) => {
        const here = entry.path === "/admin" ? path === entry.path : path.startsWith(entry.path);
        const [count, words] = counts[entry.path] ?? [0, ""];
        return (
          <a key={entry.path} href={entry.path} aria-current={here ? "page" : undefined}>
            <Icon name={entry.icon} size={18} />
            <span>{entry.name}</span>
            {count > 0 && (
              <b class="tabular">
                {count}
                <span class="visually-hidden"> {words}</span>
              </b>
            )}
          </a>
        );
      })}
    </nav>
  );
}

export function Nowhere() {
  const { route } = useLocation();
  // After the bar's own, which names the page by the beginning of its address.
  useEffect(() => {
    document.title = "Page not found · Touchline";
  });
  return (
    <Empty icon="alert" title="Page not found" heading>
      <p>The admin has no such page, or what it showed is gone.</p>
      <Button look="primary" onClick={() => route("/admin")}>
        To the monitor
      </Button>
    </Empty>
  );
}
