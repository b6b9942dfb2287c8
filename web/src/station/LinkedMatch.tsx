import { useEffect, useState } from "preact/hooks";
import type { Match } from "../contracts/generated";
import { Button } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { Empty, Skeleton } from "../design/Empty";
import { TextField } from "../design/Field";
import { Icon } from "../design/Icon";
import { Panel } from "../design/Panel";
import { notify, notifyError } from "../design/Toast";
import { statusText, title } from "../features/match/format";
import { MatchRow } from "../features/match/MatchRow";
import { api } from "../net/rest";
import { user } from "../net/session";
import { request } from "../net/socket";
import { DEFAULT_SPORT, SPORTS } from "../sports";
import { useMatchRoom } from "../state/hooks";
import type { ChannelRoom } from "../state/rooms";
import styles from "./Station.module.css";

/** The match whose score listeners see beside the show; it can be changed at any time, on air too. */
export function LinkedMatch({ room }: { room: ChannelRoom }) {
  const { match, channel, stream } = room.parts;
  const [choosing, setChoosing] = useState(false);
  const [busy, setBusy] = useState<string | null>(null);
  if (channel === null) return null;
  const link = async (matchId: string | null) => {
    setBusy(matchId ?? "");
    try {
      await request("stream:link-match", { channelId: channel.id, matchId });
      setChoosing(false);
      if (stream !== null) notify(matchId === null ? "Listeners see no match now." : "Listeners see it now.");
    } catch (error) {
      notifyError(error);
    } finally {
      setBusy(null);
    }
  };
  return (
    <Panel
      title="Linked match"
      flush
      aside={
        match !== null && (
          <Button look="quiet" busy={busy === ""} onClick={() => void link(null)}>
            Unlink
          </Button>
        )
      }
    >
      {match === null ? (
        <Empty icon={SPORTS[DEFAULT_SPORT].icon} title="No match linked" compact>
          <p>Link one, and its score and commentary stand beside your show, before it too.</p>
          <Button onClick={() => setChoosing(true)}>Choose a match</Button>
          <a class={styles.link} href="/station/matches">
            Or score one yourself
          </a>
        </Empty>
      ) : (
        <>
          <Follow key={match.id} known={match} />
          <div class={styles.change}>
            <Button onClick={() => setChoosing(true)}>Choose another</Button>
            <ScoreIt key={match.id} matchId={match.id} />
          </div>
        </>
      )}
      <Dialog title="Choose a match" open={choosing} onClose={() => setChoosing(false)}>
        <Choices busy={busy} linked={match?.id} onChoose={(id) => void link(id)} />
      </Dialog>
    </Panel>
  );
}

/** The way to the scorer, for those who may use it. */
function ScoreIt({ matchId }: { matchId: string }) {
  const [may, setMay] = useState(false);
  const id = user.value?.id;
  useEffect(() => {
    api.matchSetup(matchId).then(
      ({ mayScore }) => setMay(mayScore),
      () => setMay(false), // The link is then missing; everything else here works without it.
    );
  }, [matchId, id]);
  return may ? (
    <a class={styles.score} href={`/station/matches/${matchId}`}>
      Score this match <Icon name="forward" size={16} />
    </a>
  ) : null;
}

const FOUND = 20;
const TYPING_MS = 250;

interface ChoicesProps {
  busy: string | null;
  linked: string | undefined;
  onChoose: (matchId: string) => void;
}

/** Matches by what they are called, live ones first. */
function Choices({ busy, linked, onChoose }: ChoicesProps) {
  const [typed, setTyped] = useState("");
  const [found, setFound] = useState<readonly Match[] | null>(null);
  const [next, setNext] = useState<string | undefined>(undefined);
  const text = typed.trim();
  const ask = (before?: string) =>
    request("match:list", {
      limit: FOUND,
      ...(text === "" ? {} : { text }),
      ...(before === undefined ? {} : { before }),
    });
  useEffect(() => {
    let stale = false;
    const timer = setTimeout(
      () =>
        ask().then((page) => {
          if (stale) return;
          setFound(page.items);
          setNext(page.next);
        }, notifyError),
      text === "" ? 0 : TYPING_MS,
    );
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [text]);
  const more = () =>
    ask(next).then((page) => {
      setFound((known) => [
        ...(known ?? []),
        ...page.items.filter((one) => !known?.some(({ id }) => id === one.id)),
      ]);
      setNext(page.next);
    }, notifyError);
  return (
    <>
      <TextField
        label="Search"
        type="search"
        placeholder="Team, competition or venue"
        maxLength={200}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      {found === null ? (
        <Skeleton height="160px" label="Loading matches" />
      ) : found.length === 0 ? (
        <Empty
          icon={SPORTS[DEFAULT_SPORT].icon}
          title={text === "" ? "No matches yet" : `Nothing found for “${text}”`}
          compact
        >
          <p>
            {text === ""
              ? "They appear here as soon as a feed brings them, or when you make one."
              : "Every word has to begin a team, the competition or the venue."}
          </p>
        </Empty>
      ) : (
        <ul class={styles.choices}>
          {found.map((choice) => (
            <li key={choice.id}>
              <button
                type="button"
                disabled={busy !== null}
                aria-current={choice.id === linked || undefined}
                onClick={() => onChoose(choice.id)}
              >
                <b>{title(choice)}</b>
                <span>
                  {statusText(choice)} · {choice.competition.name}
                  {choice.id === linked && " · linked"}
                </span>
              </button>
            </li>
          ))}
          {next !== undefined && (
            <li>
              <Button look="quiet" wide onClick={() => void more()}>
                Show more
              </Button>
            </li>
          )}
        </ul>
      )}
    </>
  );
}

function Follow({ known }: { known: Match }) {
  return <MatchRow match={useMatchRoom(known.id).state.value.match ?? known} />;
}
