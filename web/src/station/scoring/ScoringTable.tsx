import { useRef } from "preact/hooks";
import { Button, IconButton } from "../../design/Button";
import { Icon } from "../../design/Icon";
import { Panel } from "../../design/Panel";
import { tell, title } from "../../features/match/format";
import type { SportScoring } from "../../sports/scoring";
import { useMatchRoom } from "../../state/hooks";
import { eventKey } from "../../state/match";
import { Details } from "../matches/Details";
import { Lineups } from "../matches/Lineups";
import { useAuthors } from "./authors";
import { EditEvent } from "./EditEvent";
import { Help } from "./Help";
import { Log } from "./Log";
import { Pad } from "./Pad";
import { Scoreline } from "./Scoreline";
import styles from "./Scorer.module.css";
import { Sheet } from "./Sheet";
import { type Entries, useEntries } from "./useEntries";
import { type Scorebook, type TableProps, useScorebook } from "./useScorebook";
import { useShortcuts } from "./useShortcuts";
import { Watchbar } from "./Watchbar";
import { WordsBox } from "./WordsBox";

/** The scorer's table: score, clock or crease, everything that can be entered, and what was. */
export function ScoringTable({ scoring, ...props }: TableProps & { scoring: SportScoring }) {
  const scorebook = useScorebook(props, scoring);
  const entries = useEntries(scorebook);
  const words = useRef<HTMLInputElement>(null);
  useShortcuts(scorebook, entries, () => words.current?.focus());
  return (
    <>
      <Head scorebook={scorebook} entries={entries} />
      <div class={styles.table}>
        <Entering scorebook={scorebook} entries={entries} />
        <div class={styles.aside}>
          <Panel
            title="Log"
            flush
            aside={
              <Button look="outline" icon="undo" onClick={entries.undo} aria-keyshortcuts="Control+Z">
                Undo
              </Button>
            }
          >
            <WordsBox
              input={words}
              pinned={entries.state.pinned}
              onSend={entries.comment}
              onPin={(pinned) => entries.dispatch({ type: "pin", words: pinned })}
              needsPlay={scorebook.desk.progress.stage === "before"}
            />
            <Entered scorebook={scorebook} entries={entries} userId={props.userId} />
          </Panel>
        </div>
      </div>
      <p class="visually-hidden" aria-live="polite">
        {entries.state.said}
      </p>
      <Dialogs scorebook={scorebook} entries={entries} />
    </>
  );
}

interface PartProps {
  scorebook: Scorebook;
  entries: Entries;
}

function Head({ scorebook: { match }, entries: { dispatch, undo } }: PartProps) {
  return (
    <div class={styles.head}>
      <a href="/station/matches" class={styles.back}>
        <Icon name="back" size={18} /> Matches
      </a>
      <h1>{title(match)}</h1>
      <div class={styles.tools}>
        <Button look="quiet" onClick={() => dispatch({ type: "dialog", dialog: "lineups" })}>
          Line-ups
        </Button>
        <Button look="quiet" onClick={() => dispatch({ type: "dialog", dialog: "details" })}>
          Details
        </Button>
        <a class={styles.link} href={`/m/${match.id}`} target="_blank" rel="noreferrer">
          Match page
        </a>
        <IconButton
          icon="keyboard"
          label="Keys (?)"
          onClick={() => dispatch({ type: "dialog", dialog: "help" })}
        />
        <span class={styles.undo}>
          <Button icon="undo" onClick={undo}>
            Undo
          </Button>
        </span>
      </div>
    </div>
  );
}

/** The score, the watch or who is in the middle, and the pad. */
function Entering({ scorebook, entries }: PartProps) {
  const { match, scoring, book, desk, timing, watch, groups } = scorebook;
  const { state, dispatch, press, pressId } = entries;
  const { Middle } = scoring;
  const over = desk.progress.stage === "over";
  return (
    <div class={styles.main}>
      <Scoreline match={match} serverId={scoring.serverOf?.(desk) ?? null} />
      {timing !== null && !over && <Watchbar watch={watch} timing={timing} onChange={book.setWatch} />}
      {Middle !== undefined && <Middle desk={desk} onPress={pressId} />}
      {state.after !== null && (
        <p class={styles.insert} role="status">
          The next entry goes after <b>{tell(match.sport, state.after.event, navigator.languages)}</b>
          <Button look="quiet" onClick={() => dispatch({ type: "insert", after: null })}>
            Cancel
          </Button>
        </p>
      )}
      <Pad groups={groups} onPress={press} />
      {over && (
        <p class={styles.over}>
          The match is over. If that was too early, undo the last entry; anything else is corrected in the
          log.
        </p>
      )}
    </div>
  );
}

/** What waits to be stored, and the log. */
function Entered({ scorebook, entries: { dispatch }, userId }: PartProps & { userId: string }) {
  const { match, scoring, book, jobs, lines } = scorebook;
  const authors = useAuthors(match.id, useMatchRoom(match.id).state.value.events);
  const unsent = jobs.filter(({ state }) => state === "waiting" || state === "sending").length;
  return (
    <>
      <p class={styles.unsent} role="status" hidden={unsent === 0}>
        {unsent > 0 && (
          <>
            <Icon name="offline" size={16} />
            {unsent === 1 ? "1 entry waits" : `${unsent} entries wait`} to be stored. You can go on, and close
            this page.
          </>
        )}
      </p>
      <div class={styles.log}>
        <Log
          match={match}
          lines={lines}
          onEdit={(line) => dispatch({ type: "edit", line })}
          onInsert={(after) => dispatch({ type: "insert", after })}
          onRetry={(id) => book.queue.retry(id)}
          onDiscard={(id) => book.queue.forget(id)}
          onAnother={(id) => book.queue.another(id)}
          authors={authors}
          userId={userId}
          nounOf={scoring.nounOf}
        />
      </div>
    </>
  );
}

function Dialogs({ scorebook, entries }: PartProps) {
  const { match, scoring, desk, timing, groups } = scorebook;
  const { state, dispatch, answer } = entries;
  const { events } = useMatchRoom(match.id).state.value;
  const close = () => dispatch({ type: "dialog", dialog: null });
  return (
    <>
      {state.asked !== null && (
        <Sheet
          key={state.asked.id}
          action={state.asked}
          match={match}
          events={desk.events}
          onDone={answer}
          onClose={() => dispatch({ type: "closed" })}
        />
      )}
      {state.editing !== null && (
        <EditEvent
          key={eventKey(state.editing.event)}
          match={match}
          config={desk.config}
          scoring={scoring}
          events={events}
          event={state.editing.event}
          onClose={() => dispatch({ type: "edit", line: null })}
        />
      )}
      <Help open={state.dialog === "help"} groups={groups} timed={timing !== null} onClose={close} />
      {state.dialog === "lineups" && <Lineups match={match} onClose={close} />}
      {state.dialog === "details" && (
        <Details match={match} onClose={close} onDeleted={() => location.assign("/station/matches")} />
      )}
    </>
  );
}
