import { useEffect, useState } from "preact/hooks";
import type { AdminStream, AuditEntry, NodeStats } from "../contracts/generated";
import { Badge } from "../design/Badge";
import { Button } from "../design/Button";
import { Empty, Skeleton } from "../design/Empty";
import { Panel, Tile } from "../design/Panel";
import { Sparkline } from "../design/Sparkline";
import { ageText, clockText, useNow } from "../features/duration";
import { api } from "../net/rest";
import { link } from "../net/socket";
import { AuditEntries } from "./AuditLog";
import styles from "./Monitor.module.css";
import page from "./Page.module.css";
import { overview, problem } from "./platform";
import { StopStream } from "./StopStream";

/** Without news for this long, the figures are said to be old: the server sends them each second. */
const STALE_MS = 5_000;

export function Monitor() {
  const [stopping, setStopping] = useState<AdminStream | null>(null);
  const [audit, setAudit] = useState<readonly AuditEntry[] | null>(null);
  const now = useNow();
  const loadAudit = () =>
    void api.audit().then(
      ({ items }) => setAudit(items),
      () => setAudit((known) => known ?? []),
    );
  useEffect(loadAudit, []);
  const known = overview.value.now;
  if (problem.value !== null)
    return (
      <Empty icon="alert" title="The monitor cannot be opened">
        <p>{problem.value}</p>
      </Empty>
    );
  if (known === null) return <Skeleton height="420px" label="Loading the platform's state" />;
  const old = link.value !== "online" || now - known.at > STALE_MS;
  return (
    <div class={styles.page}>
      <div class={styles.head}>
        <h1>Platform</h1>
        {old ? (
          <Badge tone="warn">Last news {ageText((now - known.at) / 1000)} ago</Badge>
        ) : (
          <Badge tone="ok">Up to date</Badge>
        )}
      </div>
      <dl class={styles.tiles}>
        <Tile name="Connections" value={known.connections.toLocaleString("en")}>
          <Sparkline series={overview.value.connections} label="Connections" />
        </Tile>
        <Tile name="Listeners" value={known.listeners.toLocaleString("en")}>
          <Sparkline series={overview.value.listeners} label="Listeners" />
        </Tile>
        <Tile name="Events in" value={rate(known.eventsInPerS)} unit="/s">
          <Sparkline series={overview.value.eventsIn} label="Events in per second" />
        </Tile>
        <Tile name="Events out" value={rate(known.eventsOutPerS)} unit="/s">
          <Sparkline series={overview.value.eventsOut} label="Events out per second" />
        </Tile>
        <Tile name="Streams on air" value={String(known.streams.length)} />
        <Tile
          name="Match feeds"
          value={String(known.matchFeeds.well + known.matchFeeds.trouble)}
          {...(known.matchFeeds.trouble > 0 ? { unit: `${known.matchFeeds.trouble} in trouble` } : {})}
        />
        <Tile name="Redis" value={latency(known.redisLatencyMs)} unit="ms" />
        <Tile name="Database" value={latency(known.databaseLatencyMs)} unit="ms" />
      </dl>
      <Panel title="Active streams" flush>
        <Streams streams={known.streams} now={now} onStop={setStopping} />
      </Panel>
      <div class={styles.pair}>
        <Panel title="Nodes" flush>
          <Nodes nodes={known.nodes} />
        </Panel>
        <Panel
          title="Audit log"
          flush
          aside={
            <a class={page.aside} href="/admin/audit">
              All of it
            </a>
          }
        >
          <AuditEntries entries={audit} />
        </Panel>
      </div>
      <StopStream
        stream={stopping}
        onClose={() => setStopping(null)}
        onStopped={() => {
          setStopping(null);
          loadAudit();
        }}
      />
    </div>
  );
}

function rate(perSecond: number): string {
  return perSecond >= 100 || Number.isInteger(perSecond)
    ? Math.round(perSecond).toLocaleString("en")
    : perSecond.toFixed(1);
}

function latency(ms: number | undefined): string {
  return ms === undefined ? "–" : ms.toFixed(ms < 10 ? 1 : 0);
}

function Scroll({ label, children }: { label: string; children: preact.ComponentChildren }) {
  return (
    <section
      class={styles.scroll}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
    >
      {children}
    </section>
  );
}

interface StreamsProps {
  streams: readonly AdminStream[];
  now: number;
  onStop: (stream: AdminStream) => void;
}

function Streams({ streams, now, onStop }: StreamsProps) {
  if (streams.length === 0)
    return (
      <Empty icon="radio" title="Nothing is on air" compact>
        <p>Streams appear here within a second of going live.</p>
      </Empty>
    );
  return (
    <Scroll label="Table of active streams">
      <table class={styles.table}>
        <thead>
          <tr>
            <th scope="col">Station</th>
            <th scope="col" class={styles.number}>
              Listeners
            </th>
            <th scope="col" class={styles.number}>
              People
            </th>
            <th scope="col">Source</th>
            <th scope="col" class={styles.number}>
              On air
            </th>
            <th scope="col">Match</th>
            <th scope="col">
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {streams.map((stream) => (
            <tr key={stream.streamId}>
              <th scope="row">
                <a href={`/c/${stream.slug}`} target="_blank" rel="noreferrer">
                  {stream.name}
                </a>
                <p>
                  {stream.showTitle} · {stream.hostName}
                </p>
                {stream.track !== undefined && <p>{stream.track}</p>}
              </th>
              <td class={styles.number}>
                {stream.listeners.toLocaleString("en")}
                {stream.watching > 0 && <p>{stream.watching.toLocaleString("en")} watching</p>}
              </td>
              <td class={styles.number}>{stream.unique.toLocaleString("en")}</td>
              <td>
                <Source stream={stream} />
              </td>
              <td class={styles.number}>{clockText(now - stream.startedAt)}</td>
              <td>
                {stream.matchId === undefined ? (
                  "–"
                ) : (
                  <a href={`/m/${stream.matchId}`} target="_blank" rel="noreferrer">
                    Open
                  </a>
                )}
              </td>
              <td class={styles.act}>
                <Button look="danger" aria-label={`Stop ${stream.name}`} onClick={() => onStop(stream)}>
                  Stop
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Audio that is older than this has stopped, whatever the connection says. */
const SILENT_S = 5;

function Source({ stream }: { stream: AdminStream }) {
  if (!stream.sourceConnected) return <Badge tone="warn">No source</Badge>;
  const silent = (stream.sourceAgeS ?? 0) > SILENT_S;
  const figures = [
    stream.bitrateKbps === undefined ? null : `${Math.round(stream.bitrateKbps)} kb/s`,
    stream.sourceAgeS === undefined ? null : `${ageText(stream.sourceAgeS)} ago`,
  ].filter((figure) => figure !== null);
  return (
    <>
      <Badge tone={silent ? "warn" : "ok"}>{silent ? "Silent" : "Sound"}</Badge>
      <p>{figures.join(", ")}</p>
      {stream.sourceClient !== undefined && <p>{stream.sourceClient}</p>}
    </>
  );
}

const MIB = 1024 * 1024;

function Nodes({ nodes }: { nodes: readonly NodeStats[] }) {
  return (
    <Scroll label="Table of nodes">
      <table class={styles.table}>
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col" class={styles.number}>
              Connections
            </th>
            <th scope="col" class={styles.number}>
              In/s
            </th>
            <th scope="col" class={styles.number}>
              Out/s
            </th>
            <th scope="col" class={styles.number}>
              Memory
            </th>
            <th scope="col" class={styles.number}>
              Up
            </th>
          </tr>
        </thead>
        <tbody>
          {nodes.map((node) => (
            <tr key={node.node}>
              <th scope="row">{node.node}</th>
              <td class={styles.number}>{node.connections.toLocaleString("en")}</td>
              <td class={styles.number}>{rate(node.eventsInPerS)}</td>
              <td class={styles.number}>{rate(node.eventsOutPerS)}</td>
              <td class={styles.number}>{Math.round(node.rssBytes / MIB)} MiB</td>
              <td class={styles.number}>{ageText(node.uptimeS)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
