import { useEffect, useRef, useState } from "preact/hooks";
import type { Match, MatchEvent, ScoreChange } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { Icon } from "../../design/Icon";
import { serverNow } from "../../net/clock";
import { link } from "../../net/socket";
import { asSentence } from "../../net/words";
import { SPORTS } from "../../sports";
import { phaseOf } from "../../sports/shared/match";
import { FeedAge } from "./FeedAge";
import { changeText, runningClock, sentence, spokenScore, statusText, title } from "./format";
import styles from "./Scoreboard.module.css";
import { Stated } from "./Stated";

interface ScoreboardProps {
  match: Match;
  events?: readonly MatchEvent[];
  corrections?: readonly ScoreChange[];
  deleted?: boolean;
  /** Where a click on the competition leads; left out on the match's own page. */
  href?: string;
}

/** The big board: who plays whom, the score, the clock, the periods. */
export function Scoreboard({ match, events = [], corrections = [], deleted = false, href }: ScoreboardProps) {
  const words = sentence(match);
  const { Board, boardSentence, icon } = SPORTS[match.sport];
  if (deleted) return <Withdrawn match={match} />;
  return (
    <section
      class={classes(styles.board, "in-order", href !== undefined && styles.compact)}
      aria-label={`Score, ${title(match)}`}
      data-compact={href === undefined ? undefined : ""}
    >
      <header class={styles.top}>
        <span class={styles.competition}>
          <Icon name={icon} size={16} />
          {[match.competition.name, match.competition.stage, match.competition.round]
            .filter(Boolean)
            .join(" · ")}
        </span>
        <Status match={match} />
      </header>
      <Board match={match} events={events} compact={href !== undefined} />
      {words !== null && (
        <p class={classes(styles.sentence, boardSentence === "leading" && styles.leading)}>{words}</p>
      )}
      <Stated match={match} />
      <Correction match={match} change={corrections[0]} />
      {(match.venue !== undefined || href !== undefined || match.feed !== undefined) && (
        <footer class={styles.foot}>
          <span class={styles.origin}>
            {match.venue !== undefined && <span>{match.venue}</span>}
            <FeedAge match={match} />
          </span>
          {href !== undefined && (
            <a href={href}>
              Match page <Icon name="forward" size={14} />
            </a>
          )}
        </footer>
      )}
      <Announcer match={match} change={corrections[0]} />
    </section>
  );
}

/** What stands in place of the score of a match that an admin took away. */
function Withdrawn({ match }: { match: Match }) {
  return (
    <section class={classes(styles.board, styles.gone)} aria-label={`Score, ${title(match)}`}>
      <p role="status">
        <Icon name="alert" size={18} />
        <span>
          <b>This match was withdrawn.</b> {title(match)} is no longer on this server, so nothing more is told
          of it.
        </span>
      </p>
      <a href="/matches">
        See all matches <Icon name="forward" size={14} />
      </a>
    </section>
  );
}

/** Not live while this page is not connected: what stands there may have changed. */
export function Status({ match }: { match: Match }) {
  const text = useClock(match) ?? statusText(match);
  const away = link.value !== "online" && link.value !== "connecting";
  const phase = phaseOf(match);
  return (
    <span class={classes(styles.status, styles[phase], away && styles.away)}>
      {phase === "live" && <i />}
      <span class="tabular">{text}</span>
      {away && phase === "live" && <span class={styles.late}>not connected</span>}
    </span>
  );
}

/** The stated clock, moved on each second while it runs down. */
function useClock(match: Match): string | null {
  const [, tick] = useState(0);
  const runs = match.status === "live" && match.clock?.running === true && match.clock.direction === "down";
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [runs]);
  return match.status === "live" ? runningClock(match, serverNow()) : null;
}

const CORRECTION_SHOWN_MS = 5 * 60_000;

function isFresh(change: ScoreChange | undefined): change is ScoreChange {
  return change !== undefined && serverNow() - change.at <= CORRECTION_SHOWN_MS;
}

function Correction({ match, change }: { match: Match; change: ScoreChange | undefined }) {
  if (!isFresh(change)) return null;
  return (
    <p class={styles.correction} key={change.seq}>
      <Icon name="alert" size={16} />
      <span>
        <b>Score corrected:</b> {changeText(match, change.from, change.to)}
        {change.reason !== "" && ` (${change.reason})`}
      </span>
    </p>
  );
}

/** How long things have to be settled, and the least time between two sentences: listeners shall hear the match too. */
const SETTLE_MS = 1_200;
const PAUSE_MS = 8_000;

/** Says a changed score to screen readers: one sentence for each change, the correction in it if it was one. */
function Announcer({ match, change }: { match: Match; change: ScoreChange | undefined }) {
  const score = spokenScore(match);
  const [said, say] = useState("");
  const opened = useRef({ score, change: change?.seq, at: 0 });
  useEffect(() => {
    const corrected = isFresh(change) && change.seq !== opened.current.change;
    if (score === opened.current.score && !corrected) return;
    const wait = Math.max(SETTLE_MS, opened.current.at + PAUSE_MS - performance.now());
    const timer = setTimeout(() => {
      opened.current = { score, change: change?.seq, at: performance.now() };
      say(corrected ? `Score corrected: ${score}. ${asSentence(change.reason)}` : score);
    }, wait);
    return () => clearTimeout(timer);
  }, [score, change?.seq]);
  return (
    <p class="visually-hidden" aria-live="polite">
      {said}
    </p>
  );
}
