import { useState } from "preact/hooks";
import type { ScoreAlert } from "../contracts/generated";
import { Badge } from "../design/Badge";
import { Button } from "../design/Button";
import { Empty, Skeleton } from "../design/Empty";
import { ageText, useNow } from "../features/duration";
import { providerName } from "../features/match/providers";
import { api } from "../net/rest";
import styles from "./Alerts.module.css";
import { matchTitle } from "./feeds";
import page from "./Page.module.css";
import { ScoreTable } from "./ScoreTable";
import { usePolled } from "./usePolled";

const PAGE = 50;

async function alertsOf(pages: number): Promise<{ items: ScoreAlert[]; more: boolean }> {
  const items: ScoreAlert[] = [];
  let before: string | undefined;
  for (let turn = 0; turn < pages; turn += 1) {
    const found = await api.scoreAlerts({ limit: PAGE, before });
    items.push(...found.items);
    before = found.next;
    if (before === undefined) break;
  }
  return { items, more: before !== undefined };
}

/** `/admin/alerts`: matches whose score is not what their provider says it is. */
export function Alerts() {
  const [pages, setPages] = useState(1);
  const { value, failure, reload } = usePolled(() => alertsOf(pages), `alerts ${pages}`);
  const now = useNow();
  return (
    <div class={page.page}>
      <div class={page.head}>
        <h1>Scores that differ</h1>
        {failure !== null && value !== null && <Badge tone="warn">Not up to date</Badge>}
      </div>
      <p class={page.lead}>
        Here a provider's own score is not what the match's events come to, or it tells of something that
        cannot be. While a match is played, listeners see the events' score, and when it is over the stated
        one, marked as such. Correct the event that is wrong, or wait: an alert goes by itself once all is
        right.
      </p>
      {value === null && failure !== null && (
        <Empty icon="alert" title="The alerts could not be loaded">
          <p>{failure.message}</p>
          <Button onClick={reload}>Try again</Button>
        </Empty>
      )}
      {value === null && failure === null && <Skeleton height="240px" label="Loading the alerts" />}
      {value !== null && value.items.length === 0 && (
        <Empty icon="check" title="All scores agree">
          <p>Nothing to do. A difference is shown here within seconds.</p>
        </Empty>
      )}
      {value !== null && value.items.length > 0 && (
        <ul class={styles.list}>
          {value.items.map((alert) => (
            <Alert key={alert.id} alert={alert} now={now} />
          ))}
        </ul>
      )}
      {value?.more === true && (
        <div class={page.choice}>
          <Button onClick={() => setPages(pages + 1)}>Show earlier alerts</Button>
        </div>
      )}
    </div>
  );
}

function Alert({ alert, now }: { alert: ScoreAlert; now: number }) {
  return (
    <li class={styles.alert}>
      <header>
        <h2>{matchTitle(alert.match)}</h2>
        <p>
          {providerName(alert.provider)} · {alert.reasons === undefined ? "differs" : "told"} for{" "}
          <time class="tabular" dateTime={new Date(alert.openedAt).toISOString()}>
            {ageText(Math.max(0, now - alert.openedAt) / 1000)}
          </time>
        </p>
      </header>
      {alert.reasons === undefined ? (
        <ScoreTable match={alert.match} stated={alert.stated} folded={alert.folded} />
      ) : (
        <ul>
          {alert.reasons.map((why) => (
            <li key={why}>{why}</li>
          ))}
        </ul>
      )}
      <footer>
        {alert.eventId !== undefined && (
          <span>
            as of event <code>{alert.eventId}</code>
          </span>
        )}
        <a class={page.link} href={`/m/${alert.match.id}`} target="_blank" rel="noreferrer">
          Match page
        </a>
        {alert.feedId !== undefined && (
          <a class={page.link} href={`/admin/feeds/${alert.feedId}`}>
            The feed
          </a>
        )}
      </footer>
    </li>
  );
}
