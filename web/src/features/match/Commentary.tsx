import { useEffect, useRef, useState } from "preact/hooks";
import type { Match, MatchEvent } from "../../contracts/generated";
import { Button } from "../../design/Button";
import { classes } from "../../design/classes";
import { Empty, Skeleton } from "../../design/Empty";
import { useSlide } from "../../design/slide";
import { Tabs } from "../../design/Tabs";
import { notifyError } from "../../design/Toast";
import { SPORTS } from "../../sports";
import { Ball } from "../../sports/shared/Ball";
import { phaseOf } from "../../sports/shared/match";
import { eventKey, type MatchState } from "../../state/match";
import { loadOlder } from "../../state/rooms";
import styles from "./Commentary.module.css";
import { isTold, markOf, tell } from "./format";

type View = "all" | "key";

/** The words of a match, newest first, live at the top and further back on scrolling. */
export function Commentary({ state }: { state: MatchState }) {
  const { match, events, next } = state;
  const [view, setView] = useState<View>("all");
  const opened = useRef<number | null>(null);
  const list = useRef<HTMLOListElement>(null);
  const sport = match?.sport;
  const told =
    sport === undefined
      ? []
      : events.filter((event) => isTold(sport, event) && (view === "all" || markOf(sport, event).key));
  useSlide(list, told[0] === undefined ? undefined : eventKey(told[0]));
  if (match === null) return <Skeleton height="240px" label="Loading commentary" />;
  opened.current ??= state.snapshotSeq;
  return (
    <section class={styles.panel} aria-labelledby="commentary">
      <header class={styles.head}>
        <h2 id="commentary">Commentary</h2>
        <Tabs
          label="Which events"
          value={view}
          onChange={setView}
          options={[
            ["all", "All"],
            ["key", "Key moments"],
          ]}
        />
      </header>
      {told.length === 0 ? (
        <Empty icon={SPORTS[match.sport].icon} title={emptyTitle(match, view)} compact>
          <p>It appears here as it happens.</p>
        </Empty>
      ) : (
        <ol ref={list} class={styles.list}>
          {told.map((event, index) => (
            <Line
              key={eventKey(event)}
              event={event}
              match={match}
              fresh={event.seq > (opened.current ?? 0)}
              opens={told[index - 1]?.period !== event.period}
            />
          ))}
        </ol>
      )}
      {next !== null && told.length > 0 && <Older matchId={match.id} key={match.id} />}
    </section>
  );
}

function emptyTitle(match: Match, view: View): string {
  if (phaseOf(match) === "upcoming") return "Not started yet";
  return view === "key" ? "No key moments so far" : "No commentary so far";
}

interface LineProps {
  event: MatchEvent;
  match: Match;
  fresh: boolean;
  opens: boolean;
}

function Line({ event, match, fresh, opens }: LineProps) {
  const { sport } = match;
  const mark = markOf(sport, event);
  const withdrawn = event.op === "delete" || event.confirmation === "cancelled";
  const big = mark.tone === "score" && !withdrawn;
  const period = match.periods.find(({ number }) => number === event.period);
  const side = match.competitors.find(({ id }) => id === event.competitorId);
  return (
    <>
      {opens && period !== undefined && (
        <li class={styles.line}>
          <h3 class={styles.period}>{SPORTS[sport].words.periodHeading(match, period)}</h3>
        </li>
      )}
      <li class={classes(styles.line, big && styles.big, fresh && styles.fresh)}>
        <span class={styles.when}>{whenOf(match, event)}</span>
        <span class={styles.mark}>
          <Ball mark={mark} event={event} />
        </span>
        <div class={styles.words}>
          {big && side !== undefined && (
            <p class={styles.side}>
              {mark.spoken} · {side.name}
            </p>
          )}
          <p class={classes(withdrawn && styles.withdrawn)}>{tell(sport, event, navigator.languages)}</p>
          {withdrawn && <p class={styles.note}>Withdrawn</p>}
          {event.confirmation === "pending" && <p class={styles.note}>Under review</p>}
          {big && event.scoreAfter !== undefined && (
            <p class={styles.after}>
              {match.competitors
                .map((c) => `${c.abbreviation} ${event.scoreAfter?.[c.id] ?? c.scoreDisplay}`)
                .join("   ")}
            </p>
          )}
        </div>
      </li>
    </>
  );
}

/** The clock without the period, which its heading says; in tennis the score. */
function whenOf(match: Match, event: MatchEvent): string | undefined {
  const { words } = SPORTS[match.sport];
  const score = words.scoreBeside(match, event);
  if (score !== null || event.clock === undefined) return score ?? undefined;
  return words.clockInPeriod(event.clock.display).replace("Penalties", "Pens");
}

/** Loads the page before when it comes into view, and says so when that fails. */
function Older({ matchId }: { matchId: string }) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const end = useRef<HTMLDivElement>(null);
  const load = () => {
    setBusy(true);
    loadOlder(matchId)
      .then(() => setFailed(false))
      .catch((error: unknown) => {
        setFailed(true);
        notifyError(error);
      })
      .finally(() => setBusy(false));
  };
  useEffect(() => {
    if (busy || failed || end.current === null) return;
    const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && load(), {
      rootMargin: "200px",
    });
    watch.observe(end.current);
    return () => watch.disconnect();
  });
  return (
    <div ref={end} class={styles.older}>
      <Button look="quiet" busy={busy} onClick={load}>
        {failed ? "Try again" : "Load earlier"}
      </Button>
    </div>
  );
}
