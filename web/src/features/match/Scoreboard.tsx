import { useEffect, useRef, useState } from "preact/hooks";
import type { Competitor, Match, MatchEvent, ScoreChange } from "../../contracts/generated";
import { classes } from "../../design/classes";
import { Icon } from "../../design/Icon";
import { serverNow } from "../../net/clock";
import { Ball } from "./Ball";
import {
  inningsOf,
  isUnderWay,
  periodName,
  phaseOf,
  runningClock,
  runRate,
  sentence,
  spokenScore,
  statusText,
  thisOver,
  title,
} from "./format";
import styles from "./Scoreboard.module.css";
import { Ticker } from "./Ticker";

interface ScoreboardProps {
  match: Match;
  events?: readonly MatchEvent[];
  corrections?: readonly ScoreChange[];
  /** Where a click on the competition leads; left out on the match's own page. */
  href?: string;
}

/** The big board: who plays whom, the score, the clock, the periods. */
export function Scoreboard({ match, events = [], corrections = [], href }: ScoreboardProps) {
  const words = sentence(match);
  return (
    <section class={styles.board} aria-label={`Score, ${title(match)}`} data-sport={match.sport}>
      <header class={styles.top}>
        <span class={styles.competition}>
          <Icon name={match.sport} size={16} />
          {[match.competition.name, match.competition.stage, match.competition.round]
            .filter(Boolean)
            .join(" · ")}
        </span>
        <Status match={match} />
      </header>
      {match.sport === "cricket" ? <CricketSides match={match} /> : <Duel match={match} />}
      {words !== null && <p class={styles.sentence}>{words}</p>}
      {match.sport === "cricket" ? (
        <Over events={events} match={match} />
      ) : (
        match.periods.length > 1 && <Periods match={match} />
      )}
      <Corrections match={match} corrections={corrections} />
      {(match.venue !== undefined || href !== undefined) && (
        <footer class={styles.foot}>
          <span>{match.venue}</span>
          {href !== undefined && (
            <a href={href}>
              Match page <Icon name="forward" size={14} />
            </a>
          )}
        </footer>
      )}
      <Announcer match={match} />
    </section>
  );
}

/** The chip that says live, and where in the match we are. */
export function Status({ match }: { match: Match }) {
  const text = useClock(match) ?? statusText(match);
  return (
    <span class={classes(styles.status, styles[phaseOf(match)])}>
      {phaseOf(match) === "live" && <i />}
      <span class="tabular">{text}</span>
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

function Duel({ match }: { match: Match }) {
  const [home, away] = match.competitors;
  if (home === undefined || away === undefined) return null;
  const started = phaseOf(match) !== "upcoming";
  return (
    <div class={styles.duel}>
      <Side side={home} match={match} />
      <p class={styles.score}>
        {started ? (
          <>
            <Figure text={home.scoreDisplay} />
            <span class={styles.dash} aria-hidden="true" />
            <Figure text={away.scoreDisplay} />
          </>
        ) : (
          <span class={styles.versus}>v</span>
        )}
      </p>
      <Side side={away} match={match} />
    </div>
  );
}

/** `3 (4)`: the shoot-out stands smaller. */
function Figure({ text }: { text: string }) {
  const [score = text, shootOut] = text.split(" (");
  return (
    <span class={styles.figure}>
      <Ticker value={score} />
      {shootOut !== undefined && <small>({shootOut}</small>}
    </span>
  );
}

function Side({ side, match }: { side: Competitor; match: Match }) {
  const lost = match.outcome?.winnerId !== undefined && match.outcome.winnerId !== side.id;
  return (
    <div class={classes(styles.side, lost && styles.lost)}>
      <span class={styles.crest} aria-hidden="true">
        {side.abbreviation}
      </span>
      <p class={styles.name}>{side.name}</p>
    </div>
  );
}

function CricketSides({ match }: { match: Match }) {
  const batting = match.periods.find((period) => period.number === match.clock?.period)?.detail?.battingId;
  return (
    <div class={styles.cricket}>
      {match.competitors.map((side) => {
        const innings = inningsOf(match, side);
        const last = innings.at(-1);
        const bats = isUnderWay(match) && side.id === batting;
        return (
          <div key={side.id} class={classes(styles.row, bats && styles.bats)}>
            <span class={styles.crest} aria-hidden="true">
              {side.abbreviation}
            </span>
            <p class={styles.name}>
              {side.name}
              {bats && <small>batting</small>}
            </p>
            <p class={styles.total}>
              {last?.detail !== undefined && last.type === "innings" && (
                <span class={styles.overs}>{last.detail.overs} ov</span>
              )}
              <Figure text={side.scoreDisplay} />
            </p>
          </div>
        );
      })}
    </div>
  );
}

function Over({ events, match }: { events: readonly MatchEvent[]; match: Match }) {
  const over = thisOver(events);
  const present = match.periods.find((period) => period.number === match.clock?.period);
  const rate = present === undefined ? null : runRate(present);
  if (phaseOf(match) !== "live" || (over.length === 0 && rate === null)) return null;
  return (
    <div class={styles.over}>
      {over.length > 0 && (
        <>
          <span class={styles.label}>This over</span>
          <ol aria-label="This over">
            {over.map((event) => (
              <li key={event.eventId}>
                <Ball event={event} onBoard />
              </li>
            ))}
          </ol>
        </>
      )}
      <dl>
        {rate !== null && (
          <div>
            <dt>Run rate</dt>
            <dd class="tabular">{rate}</dd>
          </div>
        )}
        {present?.detail?.target !== undefined && (
          <div>
            <dt>Target</dt>
            <dd class="tabular">{present.detail.target}</dd>
          </div>
        )}
      </dl>
    </div>
  );
}

function Periods({ match }: { match: Match }) {
  return (
    <div class={styles.periods}>
      <table>
        <caption class="visually-hidden">Score by period</caption>
        <thead>
          <tr>
            <td />
            {match.periods.map((period) => (
              <th
                key={period.number}
                scope="col"
                aria-current={period.number === match.clock?.period || undefined}
              >
                {periodName(match, period)}
              </th>
            ))}
            <th scope="col">Total</th>
          </tr>
        </thead>
        <tbody>
          {match.competitors.map((side) => (
            <tr key={side.id}>
              <th scope="row">
                <abbr title={side.name}>{side.abbreviation}</abbr>
              </th>
              {match.periods.map((period) => (
                <td key={period.number}>{period.scores[side.id] ?? 0}</td>
              ))}
              <td class={styles.sum}>{side.scoreDisplay}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const CORRECTION_SHOWN_MS = 5 * 60_000;

function Corrections({ match, corrections }: { match: Match; corrections: readonly ScoreChange[] }) {
  const newest = corrections[0];
  if (newest === undefined || serverNow() - newest.at > CORRECTION_SHOWN_MS) return null;
  const changed = match.competitors.filter((side) => newest.from[side.id] !== newest.to[side.id]);
  return (
    <p class={styles.correction} role="status">
      <Icon name="alert" size={16} />
      <span>
        <b>Score corrected.</b>{" "}
        {changed.map((side) => `${side.name} ${newest.from[side.id]} → ${newest.to[side.id]}`).join(", ")}
        {newest.reason !== "" && ` (${newest.reason})`}
      </span>
    </p>
  );
}

const ANNOUNCE_MS = 1_200;

/** Says a changed score to screen readers, once things have settled. */
function Announcer({ match }: { match: Match }) {
  const score = spokenScore(match);
  const [said, say] = useState("");
  const opened = useRef(score);
  useEffect(() => {
    if (score === opened.current) return;
    const timer = setTimeout(() => {
      opened.current = score;
      say(score);
    }, ANNOUNCE_MS);
    return () => clearTimeout(timer);
  }, [score]);
  return (
    <p class="visually-hidden" aria-live="polite">
      {said}
    </p>
  );
}
