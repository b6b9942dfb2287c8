import { useState } from "preact/hooks";
import type { Author, Match } from "../../contracts/generated";
import { Button, IconButton } from "../../design/Button";
import { classes } from "../../design/classes";
import { Empty } from "../../design/Empty";
import { Icon } from "../../design/Icon";
import { markOf, tell } from "../../features/match/format";
import { SPORTS } from "../../sports";
import type { SportScoring } from "../../sports/scoring";
import { Ball } from "../../sports/shared/Ball";
import { eventKey } from "../../state/match";
import styles from "./Log.module.css";
import type { Line } from "./lines";
import { HAND } from "./order";
import { Question } from "./Question";

const STEP = 60;

const STATES: Record<Line["state"], string> = {
  stored: "Stored",
  sending: "Sending",
  waiting: "Waiting",
  failed: "Not stored",
  asked: "Not stored yet",
};

interface LogProps {
  match: Match;
  /** In the order of play. */
  lines: readonly Line[];
  onEdit: (line: Line) => void;
  onInsert: (line: Line) => void;
  onRetry: (id: string) => void;
  onDiscard: (id: string) => void;
  onAnother: (id: string) => void;
  /** Who entered what by hand, by event id. */
  authors: ReadonlyMap<string, Author>;
  userId: string;
  nounOf: SportScoring["nounOf"];
}

/** What was entered, newest first, with what became of it. */
export function Log(props: LogProps) {
  const { match, lines, authors, userId, nounOf, onEdit, onInsert, onRetry, onDiscard, onAnother } = props;
  const [shown, setShown] = useState(STEP);
  if (lines.length === 0)
    return (
      <Empty icon={SPORTS[match.sport].icon} title="Nothing entered yet" compact>
        <p>What you enter stands here, and listeners have it a moment later.</p>
      </Empty>
    );
  const newest = lines.slice(-shown).reverse();
  return (
    <>
      <ol class={styles.list}>
        {newest.map((line) => {
          const { event, state, job } = line;
          const withdrawn = event.op === "delete" || event.confirmation === "cancelled";
          const words = tell(match.sport, event, navigator.languages);
          const author = event.provider === HAND ? authors.get(event.eventId) : undefined;
          const open = state === "failed" || state === "asked";
          return (
            <li
              key={eventKey(event)}
              class={classes(styles.line, withdrawn && styles.withdrawn, open && styles.refused)}
            >
              <span class={styles.when}>
                {event.clock && SPORTS[match.sport].words.clockInPeriod(event.clock.display)}
              </span>
              <span class={styles.mark}>
                <Ball mark={markOf(match.sport, event)} event={event} />
              </span>
              <div class={styles.words}>
                <p>{words}</p>
                {author !== undefined && (
                  <small>Entered by {author.id === userId ? "you" : author.displayName}</small>
                )}
                {withdrawn && <small>{author === undefined ? "Withdrawn" : ". Withdrawn"}</small>}
                {state === "asked" && job !== undefined && (
                  <Question
                    match={match}
                    job={job}
                    nounOf={nounOf}
                    onSame={() => onDiscard(job.id)}
                    onAnother={() => onAnother(job.id)}
                  />
                )}
                {state === "failed" && (
                  <div class={styles.failed}>
                    <small>
                      {STATES.failed}. {job?.error}
                    </small>
                    <Button look="quiet" onClick={() => onRetry(job?.id ?? "")}>
                      Try again
                    </Button>
                    <Button look="quiet" onClick={() => onDiscard(job?.id ?? "")}>
                      Discard
                    </Button>
                  </div>
                )}
              </div>
              {!open && (
                <span class={classes(styles.state, styles[state])} title={STATES[state]}>
                  {state === "stored" ? <Icon name="check" size={16} /> : STATES[state]}
                  {state === "stored" && <span class="visually-hidden">{STATES[state]}</span>}
                </span>
              )}
              {state === "stored" && job === undefined && !withdrawn ? (
                <span class={styles.tools}>
                  <IconButton
                    icon="plus"
                    size={16}
                    label={`Insert after: ${words}`}
                    onClick={() => onInsert(line)}
                  />
                  <IconButton
                    icon="edit"
                    size={16}
                    label={`Correct: ${words}`}
                    onClick={() => onEdit(line)}
                  />
                </span>
              ) : (
                !open && <span class={styles.tools} />
              )}
            </li>
          );
        })}
      </ol>
      {lines.length > shown && (
        <div class={styles.more}>
          <Button look="quiet" onClick={() => setShown(shown + STEP)}>
            Show earlier
          </Button>
        </div>
      )}
    </>
  );
}
