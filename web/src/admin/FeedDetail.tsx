import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import type { Feed } from "../contracts/generated";
import { Badge } from "../design/Badge";
import { Button } from "../design/Button";
import { classes } from "../design/classes";
import { Empty, Skeleton } from "../design/Empty";
import { Icon } from "../design/Icon";
import { Panel, Tile } from "../design/Panel";
import { notify, notifyError } from "../design/Toast";
import { ageText, useNow } from "../features/duration";
import { providerName } from "../features/match/providers";
import { ApiError, api } from "../net/rest";
import { DeleteFeed } from "./DeleteFeed";
import styles from "./FeedDetail.module.css";
import { FeedForm } from "./FeedForm";
import { Age } from "./Feeds";
import { configurationOf, foldedOf, lightOf, matchTitle } from "./feeds";
import { Nowhere } from "./Nav";
import page from "./Page.module.css";
import { RawMessages } from "./RawMessages";
import { ScoreTable } from "./ScoreTable";
import { usePolled } from "./usePolled";

/** `/admin/feeds/{feedId}`: all that is known of one feed, and what can be done about it. */
export function FeedDetail() {
  const { feedId = "" } = useRoute().params;
  const { route } = useLocation();
  const { value: feed, failure, reload } = usePolled(() => api.feed(feedId), feedId);
  const [doing, setDoing] = useState<"change" | "delete" | null>(null);
  const [busy, setBusy] = useState(false);
  const now = useNow();
  if (failure instanceof ApiError && failure.status === 404) return <Nowhere />;
  if (feed === null && failure !== null)
    return (
      <Empty icon="alert" title="The feed could not be loaded" heading>
        <p>{failure.message}</p>
        <Button onClick={reload}>Try again</Button>
      </Empty>
    );
  if (feed === null) return <Skeleton height="420px" label="Loading the feed" />;
  const light = lightOf(feed);
  const fixed = feed.origin === "file";
  const toggle = async () => {
    setBusy(true);
    try {
      await api.configureFeed(feed.id, { ...configurationOf(feed), enabled: !feed.enabled });
      notify(feed.enabled ? "The feed was disabled." : "The feed was enabled. It is asked within seconds.");
      reload();
    } catch (error) {
      notifyError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class={page.page}>
      <a class={page.back} href="/admin/feeds">
        <Icon name="back" size={16} />
        All feeds
      </a>
      <div class={page.head}>
        <h1>{matchTitle(feed.match)}</h1>
        {!fixed && (
          <div class={page.acts}>
            <Button busy={busy} onClick={() => void toggle()}>
              {feed.enabled ? "Disable" : "Enable"}
            </Button>
            <Button onClick={() => setDoing("change")}>Change</Button>
            <Button look="danger" onClick={() => setDoing("delete")}>
              Delete
            </Button>
          </div>
        )}
      </div>
      <div class={styles.lead}>
        <Badge tone={light.tone}>{light.text}</Badge>
        {failure !== null && <Badge tone="warn">Not up to date</Badge>}
        <p>
          {providerName(feed.provider)} · {feed.match.competition}. {light.words}
        </p>
      </div>
      {feed.enabled && light.tone !== "ok" && feed.state.lastError !== undefined && (
        <div class={classes(styles.notice, light.tone === "bad" && styles.bad)}>
          <Icon name="alert" size={18} />
          <p>
            <b>{feed.state.lastError}</b>{" "}
            {feed.state.lastTryAt !== undefined && (
              <>
                Last asked <Age at={feed.state.lastTryAt} now={now} />.
              </>
            )}
          </p>
        </div>
      )}
      <Figures feed={feed} now={now} />
      <div class={styles.pair}>
        <div class={styles.column}>
          <Score feed={feed} />
          <Skipped feed={feed} />
        </div>
        <Configuration feed={feed} />
      </div>
      <RawMessages key={feed.id} feedId={feed.id} />
      <FeedForm
        open={doing === "change"}
        feed={feed}
        onClose={() => setDoing(null)}
        onDone={() => {
          setDoing(null);
          reload();
        }}
      />
      <DeleteFeed
        feed={doing === "delete" ? feed : null}
        onClose={() => setDoing(null)}
        onDeleted={() => route("/admin/feeds")}
      />
    </div>
  );
}

function Figures({ feed, now }: { feed: Feed; now: number }) {
  const { state } = feed;
  const age = state.lastGoodAt === undefined ? "never" : ageText(Math.max(0, now - state.lastGoodAt) / 1000);
  const push = feed.provider === "sportradar" && feed.options.push === "yes";
  return (
    <dl class={styles.tiles}>
      <Tile name="Last answer" value={age} {...(state.lastGoodAt === undefined ? {} : { unit: "ago" })} />
      <Tile
        name="Errors in a row"
        value={String(state.failures)}
        unit={`/ ${state.errors.toLocaleString("en")} in all`}
      />
      <Tile name="Events rejected" value={String(state.rejected)} />
      <Tile name="Push stream" value={state.connected ? "Open" : push ? "Closed" : "None"} />
    </dl>
  );
}

function Score({ feed }: { feed: Feed }) {
  const { state, match } = feed;
  return (
    <Panel
      title="Score"
      aside={
        <a class={page.aside} href={`/m/${match.id}`} target="_blank" rel="noreferrer">
          Match page
        </a>
      }
    >
      <ScoreTable match={match} stated={state.stated} folded={foldedOf(match)} />
      {state.differs === true && (
        <p>
          The provider's score is not what its events come to. While that lasts it stands among the{" "}
          <a class={page.link} href="/admin/alerts">
            score alerts
          </a>
          .
        </p>
      )}
      {state.rejected > 0 && (
        <p class={styles.quiet}>
          {state.rejected} events were against the rules of the sport and left out; the server's log names
          them.
        </p>
      )}
    </Panel>
  );
}

function Skipped({ feed }: { feed: Feed }) {
  const skipped = Object.entries(feed.state.skipped).sort(([, a], [, b]) => b - a);
  return (
    <Panel title="Skipped">
      {skipped.length === 0 ? (
        <p class={styles.quiet}>All that the provider said was understood.</p>
      ) : (
        <>
          <p class={styles.quiet}>
            What the provider said and this server does not know. It does no harm unless the score differs.
          </p>
          <dl class={classes(styles.facts, styles.counts)}>
            {skipped.map(([name, count]) => (
              <Fact key={name} name={name}>
                <span class="tabular">{count.toLocaleString("en")}</span>
              </Fact>
            ))}
          </dl>
        </>
      )}
    </Panel>
  );
}

function Configuration({ feed }: { feed: Feed }) {
  const options = Object.entries(feed.options);
  return (
    <Panel title="Settings">
      {feed.origin === "file" && (
        <p>
          This feed is in the server's feeds file. Change it there: the file is read again within seconds;{" "}
          <code>enabled = false</code> stops the feed.
        </p>
      )}
      <dl class={styles.facts}>
        <Fact name="Provider">{providerName(feed.provider)}</Fact>
        <Fact name="Match there">
          <code>{feed.externalId}</code>
        </Fact>
        <Fact name="Reads">{feed.coverage === "events" ? "events and score" : "the score alone"}</Fact>
        <Fact name="Asked">every {feed.intervalS} s while live</Fact>
        {options.map(([name, value]) => (
          <Fact key={name} name={`Option ${name}`}>
            <code>{value}</code>
          </Fact>
        ))}
        <Fact name="API key">{feed.apiKeyEnv === undefined ? "none" : <code>{feed.apiKeyEnv}</code>}</Fact>
        <Fact name="Base address">
          <code>{feed.baseUrl}</code>
        </Fact>
        {feed.redirectHosts.length > 0 && (
          <Fact name="May redirect to">
            <code>{feed.redirectHosts.join(", ")}</code>
          </Fact>
        )}
      </dl>
    </Panel>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
