import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Feed } from "../contracts/generated";
import { Badge } from "../design/Badge";
import { Button } from "../design/Button";
import { classes } from "../design/classes";
import { Empty, Skeleton } from "../design/Empty";
import { Icon } from "../design/Icon";
import { Panel } from "../design/Panel";
import { Tabs } from "../design/Tabs";
import { ageText, useNow } from "../features/duration";
import { providerName } from "../features/match/providers";
import { api } from "../net/rest";
import { FeedForm } from "./FeedForm";
import styles from "./Feeds.module.css";
import { foldedOf, lightOf, matchTitle, monogram, scoreText } from "./feeds";
import page from "./Page.module.css";
import { overview } from "./platform";
import { usePolled } from "./usePolled";

type Show = "all" | "trouble" | "disabled";

const PAGE = 50;

async function feedsOf(show: Show, pages: number): Promise<{ items: Feed[]; more: boolean }> {
  const items: Feed[] = [];
  let before: string | undefined;
  for (let turn = 0; turn < pages; turn += 1) {
    const found = await api.feeds({ limit: PAGE, before, health: show === "all" ? undefined : show });
    items.push(...found.items);
    before = found.next;
    if (before === undefined) break;
  }
  return { items, more: before !== undefined };
}

/** `/admin/feeds`: which provider feeds which match, and how each fares. */
export function Feeds() {
  const { query, route } = useLocation();
  const show: Show = query.show === "trouble" || query.show === "disabled" ? query.show : "all";
  const [pages, setPages] = useState(1);
  const [adding, setAdding] = useState(false);
  const { value, failure, reload } = usePolled(() => feedsOf(show, pages), `${show} ${pages}`);
  const now = useNow();
  const counts = overview.value.now?.matchFeeds;
  // Room for a digit until it is known: the tabs do not grow under the finger.
  const number = (of: number | undefined) => ` ${of ?? "\u2007"}`;
  return (
    <div class={page.page}>
      <div class={page.head}>
        <h1>Feeds</h1>
        {failure !== null && value !== null && <Badge tone="warn">Not up to date</Badge>}
        <div class={page.acts}>
          <Button look="primary" icon="plus" onClick={() => setAdding(true)}>
            Add a feed
          </Button>
        </div>
      </div>
      <div class={styles.bar}>
        <Tabs<Show>
          label="Which feeds"
          value={show}
          onChange={(next) => {
            setPages(1);
            route(next === "all" ? "/admin/feeds" : `/admin/feeds?show=${next}`, true);
          }}
          options={[
            ["all", `All${number(counts && counts.well + counts.trouble + counts.disabled)}`],
            ["trouble", `In trouble${number(counts?.trouble)}`],
            ["disabled", `Disabled${number(counts?.disabled)}`],
          ]}
        />
      </div>
      {value === null && failure !== null && (
        <Empty icon="alert" title="The feeds could not be loaded">
          <p>{failure.message}</p>
          <Button onClick={reload}>Try again</Button>
        </Empty>
      )}
      {value === null && failure === null && <Skeleton height="320px" label="Loading the feeds" />}
      {value !== null && value.items.length === 0 && <Nothing show={show} onAdd={() => setAdding(true)} />}
      {value !== null && value.items.length > 0 && (
        <Panel title={TITLES[show]} flush>
          <ul class={styles.list}>
            {value.items.map((feed) => (
              <Row key={feed.id} feed={feed} now={now} />
            ))}
          </ul>
          {value.more && (
            <div class={page.more}>
              <Button onClick={() => setPages(pages + 1)}>Show more feeds</Button>
            </div>
          )}
        </Panel>
      )}
      <FeedForm
        open={adding}
        feed={null}
        onClose={() => setAdding(false)}
        onDone={(feed) => {
          setAdding(false);
          route(`/admin/feeds/${feed.id}`);
        }}
      />
    </div>
  );
}

const TITLES: Record<Show, string> = {
  all: "All feeds, newest first",
  trouble: "Feeds in trouble",
  disabled: "Disabled feeds",
};

function Nothing({ show, onAdd }: { show: Show; onAdd: () => void }) {
  if (show === "trouble")
    return (
      <Empty icon="check" title="No feed is in trouble">
        <p>A feed that does not answer, or whose provider is left alone for a while, stands here.</p>
      </Empty>
    );
  if (show === "disabled")
    return (
      <Empty icon="check" title="No feed is disabled">
        <p>A feed that is switched off keeps its settings, and stands here.</p>
      </Empty>
    );
  return (
    <Empty icon="radio" title="No provider feeds a match yet">
      <p>
        Add a feed, and a match's score and commentary come by themselves. Feeds can also be in a file; it is
        read again when it changes.
      </p>
      <Button look="primary" icon="plus" onClick={onAdd}>
        Add a feed
      </Button>
    </Empty>
  );
}

function Row({ feed, now }: { feed: Feed; now: number }) {
  const light = lightOf(feed);
  const { state, match } = feed;
  const troubled = feed.enabled && light.tone !== "ok";
  const skipped = Object.values(state.skipped).reduce((sum, count) => sum + count, 0);
  return (
    <li class={classes(styles.row, styles[light.tone])}>
      <span class={styles.mark} aria-hidden="true">
        {monogram(feed.provider)}
      </span>
      <div class={styles.match}>
        <a href={`/admin/feeds/${feed.id}`}>{matchTitle(match)}</a>
        <p>
          {providerName(feed.provider)} · <span class={styles.id}>{feed.externalId}</span>
          {feed.coverage === "score" && " · score only"}
          {feed.origin === "file" && " · from the file"}
        </p>
      </div>
      <div class={styles.light}>
        <Badge tone={light.tone}>{light.text}</Badge>
      </div>
      <dl class={styles.facts}>
        <div>
          <dt>Last answer</dt>
          <dd class="tabular">
            <Age at={state.lastGoodAt} now={now} />
          </dd>
        </div>
        <div>
          <dt>Errors: row / all</dt>
          <dd class="tabular">
            {state.failures > 0 ? <b>{state.failures}</b> : 0} / {state.errors.toLocaleString("en")}
          </dd>
        </div>
        <div>
          <dt>Rejected / skipped</dt>
          <dd class="tabular">
            {state.rejected > 0 ? <b>{state.rejected}</b> : 0} / {skipped.toLocaleString("en")}
          </dd>
        </div>
        <div>
          <dt>Score</dt>
          <dd class="tabular">
            {state.differs === true && state.stated !== undefined ? (
              <b>
                {scoreText(match, state.stated)}, ours {scoreText(match, foldedOf(match))}
              </b>
            ) : (
              scoreText(match, foldedOf(match))
            )}
            {state.differs === false && (
              <span class={styles.agrees}>
                <Icon name="check" size={14} />
                <span class="visually-hidden">as the provider says it</span>
              </span>
            )}
          </dd>
        </div>
      </dl>
      {troubled && state.lastError !== undefined && <p class={styles.error}>{state.lastError}</p>}
    </li>
  );
}

/** How long ago something was; moves on by itself. */
export function Age({ at, now }: { at: number | undefined; now: number }) {
  if (at === undefined) return <>never</>;
  return <time dateTime={new Date(at).toISOString()}>{ageText(Math.max(0, now - at) / 1000)} ago</time>;
}
