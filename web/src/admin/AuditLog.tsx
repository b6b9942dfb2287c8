import { useState } from "preact/hooks";
import type { AuditEntry } from "../contracts/generated";
import { Button } from "../design/Button";
import { Empty, Skeleton } from "../design/Empty";
import { Panel } from "../design/Panel";
import { notifyError } from "../design/Toast";
import { providerName } from "../features/match/providers";
import { api, type Items } from "../net/rest";
import { asSentence } from "../net/words";
import styles from "./AuditLog.module.css";
import page from "./Page.module.css";
import { usePolled } from "./usePolled";
import { WHEN } from "./when";

/** `/admin/audit`: who did what to whom, and why. */
export function AuditLog() {
  const { value, failure, reload } = usePolled(() => api.audit(), "audit");
  const [older, setOlder] = useState<Items<AuditEntry> | null>(null);
  const next = older === null ? value?.next : older.next;
  const load = () =>
    void api
      .audit({ before: next })
      .then(
        (found) => setOlder((known) => ({ ...found, items: [...(known?.items ?? []), ...found.items] })),
        notifyError,
      );
  // What came meanwhile moves the first page on: its oldest entries are then among neither.
  const shown = value === null ? null : joined(value.items, older?.items ?? []);
  return (
    <div class={page.page}>
      <div class={page.head}>
        <h1>Audit log</h1>
      </div>
      {failure !== null && shown === null ? (
        <Empty icon="alert" title="The audit log could not be loaded">
          <p>{failure.message}</p>
          <Button onClick={reload}>Try again</Button>
        </Empty>
      ) : (
        <Panel title="What administrators did" flush>
          <AuditEntries entries={shown} wide />
          {next !== undefined && next !== null && (
            <div class={page.more}>
              <Button onClick={load}>Show earlier entries</Button>
            </div>
          )}
        </Panel>
      )}
    </div>
  );
}

/** Newest first, each once. */
function joined(newest: readonly AuditEntry[], older: readonly AuditEntry[]): AuditEntry[] {
  const known = new Map([...older, ...newest].map((entry) => [entry.id, entry]));
  return [...known.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}

const DEEDS: Record<string, string> = {
  "stream.stop": "stopped",
  "stream.link_match": "linked a match to",
  "feed.add": "added the feed",
  "feed.configure": "changed the feed",
  "feed.enable": "enabled the feed",
  "feed.disable": "disabled the feed",
  "feed.delete": "deleted the feed",
  "channel.create": "created the channel",
  "channel.update": "changed the channel",
  "channel.renew_password": "renewed the source password of",
  "channel.delete": "deleted the channel",
  "person.role": "changed the role of",
  "person.disable": "disabled the account of",
  "person.enable": "enabled the account of",
  "person.reset_password": "set a new password for",
  "person.end_sessions": "ended all sessions of",
  "match.edit": "changed the match",
  "match.delete": "deleted the match",
  "match.score": "entered events of the match",
  "match.correct": "corrected an event of the match",
  "match.withdraw": "withdrew an event of the match",
};

/** An act that this page does not know yet: `user.set_role` is `user: set role`. */
function inWords(action: string): string {
  return action.replace(".", ": ").replaceAll("_", " ");
}

/** A match has no name here, only its address; a feed is `provider:id (Lynx v Otters)`. */
function Target({ entry }: { entry: AuditEntry }) {
  if (entry.action.startsWith("feed.")) {
    const [provider = "", ...rest] = entry.target.split(":");
    return <span>{[providerName(provider), rest.join(":")].join(" ").trim()}</span>;
  }
  if (!entry.action.startsWith("match.")) return <span>{entry.target}</span>;
  return <a href={`/m/${entry.target.split("/")[0]}`}>on its page</a>;
}

/** As many as stand beside the streams without a scroll bar of their own; all are on the log's page. */
const NEWEST = 6;

export function AuditEntries({
  entries,
  wide = false,
}: {
  entries: readonly AuditEntry[] | null;
  wide?: boolean;
}) {
  if (entries === null) return <Skeleton height="140px" label="Loading the audit log" />;
  if (entries.length === 0)
    return (
      <Empty icon="check" title="No interventions so far" compact>
        <p>Each act of an administrator is written down here, with its reason.</p>
      </Empty>
    );
  return (
    <ol class={wide ? styles.wide : styles.short}>
      {(wide ? entries : entries.slice(0, NEWEST)).map((entry) => (
        <li key={entry.id}>
          <p>
            <b>{entry.actorName}</b> {DEEDS[entry.action] ?? inWords(entry.action)} <Target entry={entry} />
          </p>
          {entry.reason !== undefined && <p class={styles.reason}>{asSentence(entry.reason)}</p>}
          <time dateTime={new Date(entry.at).toISOString()}>{WHEN.format(entry.at)}</time>
        </li>
      ))}
    </ol>
  );
}
