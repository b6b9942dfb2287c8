import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Match } from "../../contracts/generated";
import { Button } from "../../design/Button";
import { classes } from "../../design/classes";
import { Empty, Skeleton } from "../../design/Empty";
import { TextField } from "../../design/Field";
import { Icon } from "../../design/Icon";
import { Tabs } from "../../design/Tabs";
import { sentence, startText, statedShort, statusText } from "../../features/match/format";
import { api } from "../../net/rest";
import { user } from "../../net/session";
import { DEFAULT_SPORT, SPORT_NAMES, SPORTS } from "../../sports";
import { phaseOf } from "../../sports/shared/match";
import { useTitle } from "../title";
import styles from "./Matches.module.css";
import { NewMatch } from "./NewMatch";

type Which = "mine" | "all";

/** `football, cricket, basketball or tennis` */
const ANY_SPORT = new Intl.ListFormat("en-GB", { type: "disjunction" }).format(
  SPORT_NAMES.map(([, name]) => name.toLowerCase()),
);

const PAGE = 30;
const TYPING_MS = 250;

/** The matches that one may score: one's own; an admin those of everybody too. */
export function MatchesPage() {
  const { route } = useLocation();
  useTitle("Matches");
  const admin = user.value?.role === "admin";
  const [which, setWhich] = useState<Which>("mine");
  const [typed, setTyped] = useState("");
  const [text, setText] = useState("");
  const [items, setItems] = useState<readonly Match[] | null>(null);
  const [next, setNext] = useState<string | undefined>(undefined);
  const [failure, setFailure] = useState<string | null>(null);
  const [creating, setCreating] = useState(false);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    const timer = setTimeout(() => setText(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const ask = (before?: string) => {
    const filter = { limit: PAGE, text: text || undefined, before };
    return which === "mine" ? api.myMatches(filter) : api.matches(filter);
  };
  useEffect(() => {
    let stale = false;
    setFailure(null);
    ask().then(
      (page) => {
        if (stale) return;
        setItems(page.items);
        setNext(page.next);
      },
      (error: unknown) => {
        if (!stale) setFailure(error instanceof Error ? error.message : "The matches could not be loaded.");
      },
    );
    return () => {
      stale = true;
    };
  }, [which, text, user.value?.id, attempt]);
  const more = async () => {
    try {
      const page = await ask(next);
      setItems((known) => [
        ...(known ?? []),
        ...page.items.filter((one) => !known?.some(({ id }) => id === one.id)),
      ]);
      setNext(page.next);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : "The matches could not be loaded.");
    }
  };
  return (
    <>
      <div class={styles.head}>
        <h1>Matches</h1>
        {!creating && (
          <Button look="primary" icon="plus" onClick={() => setCreating(true)}>
            New match
          </Button>
        )}
      </div>
      {creating && (
        <NewMatch
          onCreated={(match) => route(`/station/matches/${match.id}`)}
          onCancel={() => setCreating(false)}
        />
      )}
      <div class={styles.filter}>
        <TextField
          label="Search"
          type="search"
          placeholder="Team, competition or venue"
          maxLength={200}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        {admin && (
          <Tabs
            label="Whose"
            value={which}
            onChange={setWhich}
            options={[
              ["mine", "Mine"],
              ["all", "Everybody's"],
            ]}
          />
        )}
      </div>
      {failure !== null ? (
        <Empty icon="alert" title="The matches could not be loaded">
          <p>{failure}</p>
          <Button onClick={() => setAttempt(attempt + 1)}>Try again</Button>
        </Empty>
      ) : items === null ? (
        <Skeleton height="240px" label="Loading matches" />
      ) : items.length === 0 ? (
        <Empty
          icon={SPORTS[DEFAULT_SPORT].icon}
          title={text === "" ? "No matches yet" : `Nothing found for “${text}”`}
        >
          <p>
            {text === ""
              ? `Make one, and score it from here: ${ANY_SPORT}.`
              : "Every word has to begin a team, the competition or the venue."}
          </p>
        </Empty>
      ) : (
        <ul class={styles.list}>
          {items.map((match) => (
            <Row key={match.id} match={match} />
          ))}
        </ul>
      )}
      {next !== undefined && (
        <div class={styles.more}>
          <Button look="quiet" onClick={() => void more()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

function Row({ match }: { match: Match }) {
  const phase = phaseOf(match);
  const words = sentence(match);
  return (
    <li>
      <a href={`/station/matches/${match.id}`} class={styles.row}>
        <span class={classes(styles.status, styles[phase])}>
          {phase === "live" && <i />}
          {phase === "over" ? startText(match.scheduledAt).split(",")[0] : statusText(match)}
        </span>
        <span class={styles.teams}>
          {match.competitors.map((side) => (
            <span key={side.id}>
              <span>{side.name}</span>
              {phase !== "upcoming" && <b>{side.scoreDisplay}</b>}
            </span>
          ))}
        </span>
        <span class={styles.about}>
          <span>
            <Icon name={SPORTS[match.sport].icon} size={14} /> {match.competition.name}
          </span>
          <small>{[words ?? match.venue, statedShort(match)].filter(Boolean).join(" · ")}</small>
        </span>
        <span class={styles.go}>
          {phase === "over" ? "Open" : "Score"} <Icon name="forward" size={16} />
        </span>
      </a>
    </li>
  );
}
