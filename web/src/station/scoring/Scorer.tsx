import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Match, MatchSetup } from "../../contracts/generated";
import { Button, IconButton } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { Empty, Skeleton } from "../../design/Empty";
import { Icon } from "../../design/Icon";
import { lazily } from "../../design/lazily";
import { Panel } from "../../design/Panel";
import { notify } from "../../design/Toast";
import { tell, title } from "../../features/match/format";
import { serverNow as estimated } from "../../net/clock";
import { ApiError, api } from "../../net/rest";
import { user } from "../../net/session";
import { link } from "../../net/socket";
import { SPORT_NAMES, SPORTS, type Sport } from "../../sports";
import type { SportScoring } from "../../sports/scoring";
import type { Action, Answers, Desk, Group } from "../../sports/shared/scoring/actions";
import { begun, eventClock, started, stopped, type Watch, watchOf } from "../../sports/shared/scoring/watch";
import { useMatchRoom } from "../../state/hooks";
import { eventKey } from "../../state/match";
import { loadOlder } from "../../state/rooms";
import { Details } from "../matches/Details";
import { Lineups } from "../matches/Lineups";
import { useTitle } from "../title";
import { useAuthors } from "./authors";
import { bookOf } from "./book";
import { EditEvent } from "./EditEvent";
import { opsOf, progressOf } from "./entry";
import { actionOf, keysOn, legend, legends, setKeys, useKeys } from "./keys";
import { Log } from "./Log";
import { isShown, type Line, linesOf, standing } from "./lines";
import { HAND, keyBetween } from "./order";
import { Pad } from "./Pad";
import { QUEUE_BOUND } from "./queue";
import { Scoreline } from "./Scoreline";
import styles from "./Scorer.module.css";
import { Sheet } from "./Sheet";
import { Watchbar } from "./Watchbar";

/** The server's time in whole milliseconds, as events have it. */
const serverNow = () => Math.round(estimated());

const UNDO_REASON = "Entered by mistake";

/** The page that scores one match. */
export function Scorer({ matchId }: { matchId: string }) {
  const room = useMatchRoom(matchId);
  const { match, next } = room.state.value;
  const [setup, setSetup] = useState<MatchSetup | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const userId = user.value?.id ?? "";
  useTitle(match === null ? "Score a match" : `Score: ${title(match)}`);
  const load = () => {
    setFailure(null);
    api.matchSetup(matchId).then(setSetup, (error: unknown) => {
      setFailure(error instanceof Error ? error.message : "The match could not be loaded.");
      // Without a network the scorer comes up when there is one again.
      if (error instanceof ApiError && error.code === "network") setTimeout(load, 3_000);
    });
  };
  useEffect(load, [matchId, userId]);
  // Who is at the crease, and whose turn it is, follow from all that was said.
  const [older, setOlder] = useState(0);
  useEffect(() => {
    if (match === null || next === null) return;
    loadOlder(matchId).catch(() => setTimeout(() => setOlder((n) => n + 1), 3_000));
  }, [matchId, match === null, next, older]);

  // Its sport's part of the page is on its way while the rest is read.
  const sport = match?.sport;
  useEffect(() => {
    if (sport !== undefined) SPORTS[sport].scoring().catch(() => {});
  }, [sport]);

  const problem = room.problem.value;
  if (problem !== null || (failure !== null && setup === null))
    return (
      <Empty icon="alert" title="This match cannot be scored" heading>
        <p>{problem?.message ?? failure}</p>
        <a class={styles.link} href="/station/matches">
          Your matches
        </a>
      </Empty>
    );
  if (match === null || setup === null || next !== null)
    return <Skeleton height="420px" label="Opening the match" />;
  if (!setup.mayScore)
    return (
      <Empty icon="alert" title="This is not your match" heading>
        <p>Only who made a match can score it, and admins.</p>
        <a class={styles.link} href="/station/matches">
          Your matches
        </a>
      </Empty>
    );
  const SportTable = TABLES[match.sport];
  return <SportTable key={`${matchId}.${userId}`} match={match} setup={setup} userId={userId} />;
}

interface TableProps {
  match: Match;
  setup: MatchSetup;
  userId: string;
}

/** The scorer's table of each sport. */
const TABLES = Object.fromEntries(
  SPORT_NAMES.map(([sport]) => [
    sport,
    lazily<TableProps>(() =>
      SPORTS[sport].scoring().then((scoring) => (props) => <Table {...props} scoring={scoring} />),
    ),
  ]),
) as Record<Sport, ReturnType<typeof lazily<TableProps>>>;

interface Asked {
  action: Action;
  /** Pressed again once what was missing is known. */
  afterwards?: string;
}

/** The scorer's table: score, clock or crease, everything that can be entered, and what was. */
function Table({ match, setup, userId, scoring }: TableProps & { scoring: SportScoring }) {
  const room = useMatchRoom(match.id);
  const book = useMemo(() => bookOf(match.id, userId), [match.id, userId]);
  const { events } = room.state.value;
  const jobs = book.queue.jobs.value;
  const { config } = setup;
  const authors = useAuthors(match.id, events);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [editing, setEditing] = useState<Line | null>(null);
  const [after, setAfter] = useState<Line | null>(null);
  const [pinned, setPinned] = useState("");
  const [dialog, setDialog] = useState<"help" | "lineups" | "details" | null>(null);
  const [said, say] = useState("");
  const words = useRef<HTMLInputElement>(null);

  const lines = linesOf(events, jobs, match.id);
  const stands = standing(lines);
  const progress = progressOf(stands, scoring.playTypes);
  const timing = scoring.watch === null ? null : { rules: scoring.watch, config };
  const own = book.watch.value;
  // Another window, or somebody else, has begun the next period.
  const overtaken = own !== null && progress.stage === "play" && own.period !== progress.period;
  const watch = own !== null && !overtaken ? own : timing === null ? UNTIMED : watchOf(match, timing);
  const desk: Desk = {
    match,
    config,
    events: stands,
    progress,
    places: book.places.value,
    clock: () =>
      timing !== null && watch.period === progress.period
        ? eventClock(watch, timing, serverNow())
        : undefined,
  };
  const groups = scoring.padOf(desk);
  const actions = groups.flatMap((group) => group.actions);
  const missing = scoring.missingOf?.(desk) ?? null;

  useEffect(() => book.queue.settle(isShown(events)), [book, events, jobs]);
  const online = link.value === "online";
  useEffect(() => {
    if (online) void book.queue.flush();
  }, [book, online]);
  useEffect(() => {
    const flush = () => void book.queue.flush();
    addEventListener("online", flush);
    flush();
    return () => {
      removeEventListener("online", flush);
      book.queue.stop();
    };
  }, [book]);
  // After a wicket and an over somebody has to be named before the next ball: ask at once, and once.
  const asks = useRef<string | null>(null);
  const entered = useRef(false);
  useEffect(() => {
    if (missing === null || missing.key === asks.current || asked !== null || !entered.current) return;
    asks.current = missing.key;
    setAsked({ action: missing.action });
  });

  const setWatch = (next: Watch) => book.setWatch(next);

  const enter = (action: Action, answers: Answers) => {
    const now = serverNow();
    let entries = action.entries(answers);
    entered.current = true;
    if (pinned !== "" && entries[0] !== undefined) {
      const [first, ...others] = entries;
      entries = [{ ...first, text: first.text ? `${first.text}. ${pinned}` : pinned }, ...others];
      setPinned("");
    }
    let ops = opsOf(
      entries,
      lines.map(({ event }) => event),
      now,
    );
    if (after !== null && ops.length > 0) {
      const moved = inserted(ops, after, lines);
      if (moved === null) {
        notify("There is no room between these two events. Correct one of them instead.");
        return;
      }
      ops = moved;
      setAfter(null);
    }
    if (!book.queue.add(ops)) {
      notify(`${QUEUE_BOUND} entries wait already. Wait until they are stored, and enter it again.`);
      return;
    }
    const last = ops.at(-1);
    if (action.places !== undefined) {
      const anchor = last?.eventId ?? scoring.anchorOf?.(desk) ?? null;
      if (anchor !== null) book.setPlaces(anchor, action.places(answers));
    }
    if (timing !== null && after === null)
      for (const { type, period } of entries) {
        if (type === "period_start") setWatch(begun(period, timing, now));
        else if (type === "period_end" || type === "match_end") setWatch(stopped(watch, now));
      }
    if (last !== undefined) say(`Entered: ${entries.map(({ text }) => text).join(", ")}`);
  };

  const press = (action: Action) => {
    if (missing?.holds(action) && after === null) {
      setAsked({ action: missing.action, afterwards: action.id });
      return;
    }
    if ((action.steps?.({}) ?? []).length === 0) enter(action, {});
    else setAsked({ action });
  };

  const answered = (answers: Answers) => {
    if (asked === null) return;
    setAsked(null);
    enter(asked.action, answers);
  };
  // The ball that was pressed while somebody was missing is entered as soon as nobody is.
  const waiting = useRef<string | null>(null);
  if (asked?.afterwards !== undefined) waiting.current = asked.afterwards;
  useEffect(() => {
    if (asked !== null || waiting.current === null) return;
    const wanted = actions.find(({ id }) => id === waiting.current);
    if (missing !== null || wanted === undefined) return;
    waiting.current = null;
    press(wanted);
  });

  const undo = () => {
    const last = lastEntered(lines);
    if (last === undefined) {
      notify("There is nothing of yours to undo.");
      return;
    }
    entered.current = false;
    book.queue.withdraw(last.event.eventId, last.event.provider, UNDO_REASON);
    notify(`Undone: ${tell(match.sport, last.event, navigator.languages)}`);
    say(`Undone: ${tell(match.sport, last.event, navigator.languages)}`);
  };

  const comment = (text: string) =>
    enter(
      {
        id: "commentary",
        label: "",
        entries: () => [
          {
            type: "commentary",
            period: progress.period,
            clock: desk.clock() ?? scoring.wordsClock?.(match),
            text,
          },
        ],
      },
      {},
    );

  useKeys((event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !event.shiftKey) {
      if (!event.repeat) undo();
      return true;
    }
    if (!keysOn.value || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return false;
    if (event.key === "?") setDialog("help");
    else if (event.key === "/") words.current?.focus();
    else if (event.key === " " && timing !== null)
      setWatch(watch.since === null ? started(watch, serverNow()) : stopped(watch, serverNow()));
    else {
      const action = actionOf(actions, event);
      if (action === undefined) return false;
      press(action);
    }
    return true;
  });

  const serverId = scoring.serverOf?.(desk) ?? null;
  const { Middle } = scoring;
  const unsent = jobs.filter(({ state }) => state === "waiting" || state === "sending").length;
  return (
    <>
      <div class={styles.head}>
        <a href="/station/matches" class={styles.back}>
          <Icon name="back" size={18} /> Matches
        </a>
        <h1>{title(match)}</h1>
        <div class={styles.tools}>
          <Button look="quiet" onClick={() => setDialog("lineups")}>
            Line-ups
          </Button>
          <Button look="quiet" onClick={() => setDialog("details")}>
            Details
          </Button>
          <a class={styles.link} href={`/m/${match.id}`} target="_blank" rel="noreferrer">
            Match page
          </a>
          <IconButton icon="keyboard" label="Keys (?)" onClick={() => setDialog("help")} />
          <span class={styles.undo}>
            <Button icon="undo" onClick={undo}>
              Undo
            </Button>
          </span>
        </div>
      </div>
      <div class={styles.table}>
        <div class={styles.main}>
          <Scoreline match={match} serverId={serverId} />
          {timing !== null && progress.stage !== "over" && (
            <Watchbar watch={watch} timing={timing} onChange={setWatch} />
          )}
          {Middle !== undefined && (
            <Middle
              desk={desk}
              onPress={(wanted) => {
                const action = actions.find(({ id }) => id === wanted);
                if (action !== undefined) press(action);
              }}
            />
          )}
          {after !== null && (
            <p class={styles.insert} role="status">
              The next entry goes after <b>{tell(match.sport, after.event, navigator.languages)}</b>
              <Button look="quiet" onClick={() => setAfter(null)}>
                Cancel
              </Button>
            </p>
          )}
          <Pad groups={groups} onPress={press} />
          {progress.stage === "over" && (
            <p class={styles.over}>
              The match is over. If that was too early, undo the last entry; anything else is corrected in the
              log.
            </p>
          )}
        </div>
        <div class={styles.aside}>
          <Panel
            title="Log"
            flush
            aside={
              <Button look="outline" icon="undo" onClick={undo} aria-keyshortcuts="Control+Z">
                Undo
              </Button>
            }
          >
            <WordsBox
              input={words}
              pinned={pinned}
              onSend={comment}
              onPin={setPinned}
              needsPlay={progress.stage === "before"}
            />
            <p class={styles.unsent} role="status" hidden={unsent === 0}>
              {unsent > 0 && (
                <>
                  <Icon name="offline" size={16} />
                  {unsent === 1 ? "1 entry waits" : `${unsent} entries wait`} to be stored. You can go on, and
                  close this page.
                </>
              )}
            </p>
            <div class={styles.log}>
              <Log
                match={match}
                lines={lines}
                onEdit={setEditing}
                onInsert={setAfter}
                onRetry={(id) => book.queue.retry(id)}
                onDiscard={(id) => book.queue.forget(id)}
                onAnother={(id) => book.queue.another(id)}
                authors={authors}
                userId={userId}
                nounOf={scoring.nounOf}
              />
            </div>
          </Panel>
        </div>
      </div>
      <p class="visually-hidden" aria-live="polite">
        {said}
      </p>
      {asked !== null && (
        <Sheet
          key={asked.action.id}
          action={asked.action}
          match={match}
          events={stands}
          onDone={answered}
          onClose={() => {
            waiting.current = null;
            setAsked(null);
          }}
        />
      )}
      {editing !== null && (
        <EditEvent
          key={eventKey(editing.event)}
          match={match}
          config={config}
          scoring={scoring}
          events={events}
          event={editing.event}
          onClose={() => setEditing(null)}
        />
      )}
      <Help
        open={dialog === "help"}
        groups={groups}
        timed={timing !== null}
        onClose={() => setDialog(null)}
      />
      {dialog === "lineups" && <Lineups match={match} onClose={() => setDialog(null)} />}
      {dialog === "details" && (
        <Details
          match={match}
          onClose={() => setDialog(null)}
          onDeleted={() => location.assign("/station/matches")}
        />
      )}
    </>
  );
}

/** Where no clock measures the match. */
const UNTIMED: Watch = { period: 0, playedS: 0, since: null };

/** The newest entry by hand that stands, wherever in play it was put. */
function lastEntered(lines: readonly Line[]): Line | undefined {
  return lines
    .filter(
      ({ event, state, job }) =>
        event.provider === HAND &&
        event.op !== "delete" &&
        event.confirmation !== "cancelled" &&
        !(state === "failed" && job?.kind === "add"),
    )
    .reduce<Line | undefined>(
      (last, line) => (last === undefined || line.event.occurredAt >= last.event.occurredAt ? line : last),
      undefined,
    );
}

/** The same operations at a place further back, at that place's time; null where nothing goes in between. */
function inserted<Op extends { period: number; orderKey: string; detail?: Record<string, unknown> }>(
  ops: readonly Op[],
  after: Line,
  lines: readonly Line[],
): Op[] | null {
  const { event } = after;
  const index = lines.findIndex((line) => eventKey(line.event) === eventKey(event));
  const following = lines.slice(index + 1).find((line) => line.event.period === event.period);
  let before = event.orderKey;
  const moved: Op[] = [];
  for (const op of ops) {
    const orderKey = keyBetween(before, following?.event.orderKey);
    if (orderKey === null) return null;
    before = orderKey;
    const over = typeof event.detail.over === "number" ? { over: event.detail.over } : {};
    moved.push({
      ...op,
      period: event.period,
      orderKey,
      detail: { ...op.detail, ...(op.detail && "over" in op.detail ? over : {}) },
      ...(event.clock === undefined ? {} : { clock: event.clock }),
    });
  }
  return moved;
}

/** Words by themselves, or for the next entry. */
function WordsBox({
  input,
  pinned,
  onSend,
  onPin,
  needsPlay,
}: {
  input: preact.RefObject<HTMLInputElement>;
  pinned: string;
  onSend: (text: string) => void;
  onPin: (text: string) => void;
  needsPlay: boolean;
}) {
  const [typed, setTyped] = useState("");
  const take = (use: (text: string) => void) => {
    const text = typed.trim();
    if (text === "") return;
    use(text);
    setTyped("");
    input.current?.blur();
  };
  return (
    <form
      class={styles.words}
      onSubmit={(event) => {
        event.preventDefault();
        take(onSend);
      }}
    >
      <input
        ref={input}
        aria-label="Commentary"
        placeholder={`${needsPlay ? "Say something before the match" : "Say what happens"}${legends.value ? "  /" : ""}`}
        maxLength={1500}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            take(onPin);
          }
        }}
      />
      {typed.trim() !== "" && (
        <div class={styles.wordsEnd}>
          <Button look="quiet" onClick={() => take(onPin)}>
            With the next entry
          </Button>
          <Button look="primary" type="submit">
            Send
          </Button>
        </div>
      )}
      {pinned !== "" && (
        <p class={styles.pinned}>
          With the next entry: <b>{pinned}</b>
          <IconButton icon="close" size={16} label="Do not say it" onClick={() => onPin("")} />
        </p>
      )}
    </form>
  );
}

function Help({
  open,
  groups,
  timed,
  onClose,
}: {
  open: boolean;
  groups: readonly Group[];
  timed: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog title="Keys" open={open} onClose={onClose}>
      <div class={styles.help}>
        <label class={styles.switch}>
          <input
            type="checkbox"
            checked={keysOn.value}
            onChange={(event) => setKeys(event.currentTarget.checked)}
          />
          Single keys enter something
        </label>
        <dl>
          {timed && (
            <div>
              <dt>Start or stop the clock</dt>
              <dd>
                <kbd>Space</kbd>
              </dd>
            </div>
          )}
          <div>
            <dt>Undo, as a correction</dt>
            <dd>
              <kbd>Ctrl</kbd> <kbd>Z</kbd>
            </dd>
          </div>
          <div>
            <dt>Write commentary</dt>
            <dd>
              <kbd>/</kbd>
            </dd>
          </div>
          <div>
            <dt>These keys</dt>
            <dd>
              <kbd>?</kbd>
            </dd>
          </div>
        </dl>
        {groups.map(
          ({ title: name, actions }) =>
            actions.length > 0 && (
              <section key={name}>
                <h3>{name}</h3>
                <dl>
                  {actions.map((action) => (
                    <div key={action.id}>
                      <dt>{action.label}</dt>
                      <dd>
                        <kbd>{legend(action)}</kbd>
                      </dd>
                    </div>
                  ))}
                </dl>
              </section>
            ),
        )}
        <p>
          <kbd>⇧</kbd> is the shift key: the same letter for the other side. In a list of players, type a
          number or a part of the name, then <kbd>Enter</kbd>; <kbd>Enter</kbd> alone leaves the name out.
        </p>
      </div>
    </Dialog>
  );
}
