import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type LocationHook, useLocation } from "preact-iso";
import type { Match } from "../contracts/generated";
import { Button, IconButton } from "../design/Button";
import { Empty, Skeleton } from "../design/Empty";
import { Icon } from "../design/Icon";
import { Tabs } from "../design/Tabs";
import {
  beginningOf,
  type Competition,
  dayAfter,
  dayOf,
  dayTitle,
  partsOf,
} from "../features/match/grouping";
import { MatchRow } from "../features/match/MatchRow";
import { serverNow } from "../net/clock";
import type { MatchFilter } from "../net/rest";
import { DEFAULT_SPORT, SPORT_NAMES, SPORTS, type Sport } from "../sports";
import { isUnderWay, phaseOf, statusesOf } from "../sports/shared/match";
import { useFollowed, useMatchList } from "../state/matchList";
import styles from "./Matches.module.css";
import { useTitle } from "./title";

const CHOICES: readonly (readonly [Sport | "", string])[] = [["", "All sports"], ...SPORT_NAMES];

const STATES = [
  ["", "All"],
  ["live", "Live"],
  ["upcoming", "Upcoming"],
  ["results", "Results"],
] as const;

type State = (typeof STATES)[number][0];

const STATUSES: Record<Exclude<State, "">, readonly string[]> = {
  live: statusesOf("live", "pause"),
  upcoming: statusesOf("upcoming"),
  results: statusesOf("over"),
};

/** What the address asks for; what it does not know is left out. */
interface Asked {
  sport: Sport | "";
  state: State;
  day: string;
  competition: string;
  text: string;
}

function askedIn(query: Record<string, string>): Asked {
  const sport = CHOICES.find(([name]) => name === query.sport)?.[0] ?? "";
  const state = STATES.find(([name]) => name === query.status)?.[0] ?? "";
  const day = query.day !== undefined && beginningOf(query.day) !== null ? query.day : "";
  return { sport, state, day, competition: query.competition ?? "", text: (query.q ?? "").slice(0, 200) };
}

function addressOf({ sport, state, day, competition, text }: Asked): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({ sport, status: state, day, competition, q: text }))
    if (value !== "") search.set(name, value);
  const query = search.toString();
  return query === "" ? "/matches" : `/matches?${query}`;
}

function filterOf({ sport, state, day, competition, text }: Asked): MatchFilter {
  const from = beginningOf(day);
  const to = day === "" ? null : beginningOf(dayAfter(day, 1));
  return {
    ...(sport === "" ? {} : { sport }),
    ...(state === "" ? {} : { status: STATUSES[state] }),
    ...(competition === "" ? {} : { competition }),
    ...(text.trim() === "" ? {} : { text: text.trim() }),
    ...(from === null || to === null ? {} : { from, to }),
  };
}

/** `/matches`: all of them, found by sport, day, competition, state and words; what is asked for is in the address. */
export function Matches() {
  useTitle("Matches");
  const { query, route } = useLocation();
  const asked = askedIn(query);
  usePlace();
  const list = useMatchList(filterOf(asked));
  const change = (part: Partial<Asked>, replace = false) => route(addressOf({ ...asked, ...part }), replace);
  const competitions = useCompetitions(list.items ?? [], asked.competition);
  return (
    <div class={styles.page}>
      <header class={styles.head}>
        <h1>Matches</h1>
        <Search text={asked.text} onChange={(text) => change({ text }, true)} />
      </header>
      <div class={styles.filters}>
        <div class={styles.wide}>
          <Tabs
            label="Sport"
            value={asked.sport}
            onChange={(sport) => change({ sport, competition: "" })}
            options={CHOICES}
          />
        </div>
        <div class={styles.wide}>
          <Tabs label="State" value={asked.state} onChange={(state) => change({ state })} options={STATES} />
        </div>
        <Days day={asked.day} onChange={(day) => change({ day })}>
          <select
            aria-label="Competition"
            class={styles.select}
            value={asked.competition}
            onChange={(event) => change({ competition: event.currentTarget.value })}
          >
            <option value="">All competitions</option>
            {competitions.map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </Days>
      </div>
      <Found list={list} asked={asked} onClear={() => route("/matches")} />
    </div>
  );
}

/** The page for which the list was left. */
let opened = "";

/** Frames in which a page that is being put together may still move. */
const SETTLING_FRAMES = 20;

/** Whoever comes back from a match finds it in view. */
function usePlace(): void {
  // The router knows whether this page was come to by a link; its types do not say so.
  const { wasPush } = useLocation() as LocationHook & { wasPush?: boolean };
  useEffect(() => {
    let frame = 0;
    let left = wasPush === true || opened === "" ? 0 : SETTLING_FRAMES;
    const show = () => {
      if (left === 0) return;
      left -= 1;
      document.querySelector(`a[href="${opened}"]`)?.scrollIntoView({ block: "center" });
      frame = requestAnimationFrame(show);
    };
    const stop = () => {
      left = 0;
    };
    frame = requestAnimationFrame(show);
    for (const kind of MOVES) addEventListener(kind, stop, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      for (const kind of MOVES) removeEventListener(kind, stop);
      opened = location.pathname;
    };
  }, []);
}

/** By which a reader moves the page. */
const MOVES = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

/** The competitions of the matches that were seen here: there are as many as one has come across. */
function useCompetitions(matches: readonly Match[], chosen: string): (readonly [string, string])[] {
  const seen = useRef(new Map<string, string>());
  for (const { competition } of matches) seen.current.set(competition.id, competition.name);
  if (chosen !== "" && !seen.current.has(chosen)) seen.current.set(chosen, chosen);
  return [...seen.current].sort(([, a], [, b]) => a.localeCompare(b));
}

const TYPING_MS = 300;

function Search({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const said = useRef(text);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  // What the address says counts, unless it is what was typed here: a reader may go back.
  if (said.current !== text) {
    said.current = text;
    setTyped(text);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const say = (next: string) => {
    clearTimeout(timer.current);
    said.current = next;
    if (next !== text) onChange(next);
  };
  return (
    <search>
      <form
        class={styles.search}
        onSubmit={(event) => {
          event.preventDefault();
          say(typed);
        }}
      >
        <Icon name="search" size={18} />
        <input
          type="search"
          aria-label="Find a team, a competition or a venue"
          placeholder="Team, competition, venue"
          maxLength={200}
          value={typed}
          onInput={(event) => {
            const next = event.currentTarget.value;
            setTyped(next);
            clearTimeout(timer.current);
            timer.current = setTimeout(() => say(next), TYPING_MS);
          }}
        />
        {typed !== "" && (
          <IconButton
            icon="close"
            label="Clear the search"
            size={16}
            onClick={() => {
              setTyped("");
              say("");
            }}
          />
        )}
      </form>
    </search>
  );
}

interface DaysProps {
  day: string;
  onChange: (day: string) => void;
  children: ComponentChildren;
}

function Days({ day, onChange, children }: DaysProps) {
  const today = dayOf(serverNow());
  const near = ["", dayAfter(today, -1), today, dayAfter(today, 1)];
  const options = near.map((one) => [one, one === "" ? "Any day" : dayTitle(one, serverNow())] as const);
  return (
    <div class={styles.days}>
      <Tabs label="Day" value={day} onChange={onChange} options={options} />
      <input
        type="date"
        aria-label="Another day"
        class={styles.date}
        data-chosen={!near.includes(day)}
        value={day}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {children}
    </div>
  );
}

interface FoundProps {
  list: ReturnType<typeof useMatchList>;
  asked: Asked;
  onClear: () => void;
}

function Found({ list, asked, onClear }: FoundProps) {
  const { items } = list;
  if (list.failed)
    return (
      <Empty icon="offline" title="The matches could not be loaded">
        <p>The server does not answer, or this device is offline.</p>
        <Button look="primary" onClick={list.again}>
          Try again
        </Button>
      </Empty>
    );
  if (items === null) return <Skeleton height="320px" label="Loading matches" />;
  if (items.length === 0) return <Nothing asked={asked} onClear={onClear} />;
  const parts = partsOf(items, serverNow());
  return (
    <>
      {parts.map((part) => (
        <section key={part.key} aria-label={part.title} class={styles.part}>
          <h2>{part.title}</h2>
          <div class={styles.cards}>
            {part.competitions.map((competition) => (
              <Card key={competition.id} competition={competition} />
            ))}
          </div>
        </section>
      ))}
      {list.next !== null && <More key={list.next} more={list.more} />}
    </>
  );
}

function Nothing({ asked, onClear }: { asked: Asked; onClear: () => void }) {
  const narrowed = Object.values(asked).some((value) => value !== "");
  if (!narrowed)
    return (
      <Empty icon="star" title="No matches yet">
        <p>They appear here when a feed or the station's admin adds them. You can leave this page open.</p>
      </Empty>
    );
  return (
    <Empty
      icon="search"
      title={asked.state === "live" ? "Nothing is live just now" : "No match is like that"}
    >
      <p>Take another day or sport, or look at all matches.</p>
      <Button look="primary" onClick={onClear}>
        Show all matches
      </Button>
    </Empty>
  );
}

function Card({ competition }: { competition: Competition }) {
  const sport = competition.matches[0]?.sport ?? DEFAULT_SPORT;
  return (
    <div class={styles.card}>
      <h3>
        <Icon name={SPORTS[sport].icon} size={16} />
        <a href={addressOf({ sport: "", state: "", day: "", text: "", competition: competition.id })}>
          {competition.name}
        </a>
      </h3>
      {competition.matches.map((match) => (
        <Row key={match.id} known={match} />
      ))}
    </div>
  );
}

/** A match that begins within this time is followed before it does. */
const SOON_MS = 15 * 60_000;

function Row({ known }: { known: Match }) {
  const element = useRef<HTMLDivElement>(null);
  const [inView, setInView] = useState(false);
  const moves =
    isUnderWay(known) ||
    (phaseOf(known) === "upcoming" && Math.abs(known.scheduledAt - serverNow()) < SOON_MS);
  useEffect(() => {
    if (!moves || element.current === null) return setInView(false);
    const watch = new IntersectionObserver(([entry]) => setInView(entry?.isIntersecting === true));
    watch.observe(element.current);
    return () => watch.disconnect();
  }, [moves]);
  const { match, deleted } = useFollowed(known, inView);
  return (
    <div ref={element} class={styles.row} data-live={inView}>
      {deleted ? (
        <p class={styles.gone}>{`${match.competitors.map(({ name }) => name).join(" v ")}: withdrawn`}</p>
      ) : (
        <MatchRow match={match} within />
      )}
    </div>
  );
}

/** Loads the next page when it comes into view, and says so when that fails. */
function More({ more }: { more: () => Promise<void> }) {
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  const end = useRef<HTMLDivElement>(null);
  const load = () => {
    setState("busy");
    more().then(
      () => setState("idle"),
      () => setState("failed"),
    );
  };
  useEffect(() => {
    if (state !== "idle" || end.current === null) return;
    const watch = new IntersectionObserver(([entry]) => entry?.isIntersecting && load(), {
      rootMargin: "400px",
    });
    watch.observe(end.current);
    return () => watch.disconnect();
  });
  return (
    <div ref={end} class={styles.more}>
      {state === "failed" && <p role="alert">More could not be loaded.</p>}
      <Button look="quiet" busy={state === "busy"} onClick={load}>
        {state === "failed" ? "Try again" : "More matches"}
      </Button>
    </div>
  );
}
