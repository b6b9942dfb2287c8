import { useState } from "preact/hooks";
import type { Match } from "../contracts/generated";
import { Button } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { Empty, Skeleton } from "../design/Empty";
import { Panel } from "../design/Panel";
import { notifyError } from "../design/Toast";
import { isUnderWay, phaseOf, statusText, title } from "../features/match/format";
import { MatchRow } from "../features/match/MatchRow";
import { request } from "../net/socket";
import { useMatchRoom } from "../state/hooks";
import type { ChannelRoom } from "../state/rooms";
import styles from "./Station.module.css";

/** The match whose score listeners see beside the show. */
export function LinkedMatch({ room }: { room: ChannelRoom }) {
  const { match, channel } = room.state.value;
  const [choices, setChoices] = useState<readonly Match[] | "loading" | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  if (channel === null) return null;
  const pick = () => {
    setChoices("loading");
    request("match:list", { limit: 50 }).then(
      ({ items }) => setChoices([...items].sort(byInterest)),
      (error: unknown) => {
        setChoices(null);
        notifyError(error);
      },
    );
  };
  const link = async (matchId: string | null) => {
    setBusy(matchId ?? "");
    try {
      await request("stream:link-match", { channelId: channel.id, matchId });
      setChoices(null);
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
        <Empty icon="football" title="No match linked" compact>
          <p>Link one, and its score and commentary stand beside your show, before it too.</p>
          <Button onClick={pick}>Choose a match</Button>
        </Empty>
      ) : (
        <>
          <Follow key={match.id} known={match} />
          <div class={styles.change}>
            <Button onClick={pick}>Choose another</Button>
          </div>
        </>
      )}
      <Dialog title="Choose a match" open={choices !== null} onClose={() => setChoices(null)}>
        {choices === "loading" && <Skeleton height="160px" label="Loading matches" />}
        {Array.isArray(choices) && choices.length === 0 && (
          <Empty icon="football" title="No matches yet" compact>
            <p>They appear here as soon as a feed brings them.</p>
          </Empty>
        )}
        {Array.isArray(choices) && choices.length > 0 && (
          <ul class={styles.choices}>
            {choices.map((choice: Match) => (
              <li key={choice.id}>
                <button type="button" disabled={busy !== null} onClick={() => void link(choice.id)}>
                  <b>{title(choice)}</b>
                  <span>
                    {statusText(choice)} · {choice.competition.name}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </Dialog>
    </Panel>
  );
}

const RANK = { live: 0, pause: 0, upcoming: 1, over: 2 };

function byInterest(a: Match, b: Match): number {
  const rank = RANK[phaseOf(a)] - RANK[phaseOf(b)];
  if (rank !== 0) return rank;
  return isUnderWay(a) || phaseOf(a) === "upcoming"
    ? a.scheduledAt - b.scheduledAt
    : b.scheduledAt - a.scheduledAt;
}

function Follow({ known }: { known: Match }) {
  return <MatchRow match={useMatchRoom(known.id).state.value.match ?? known} />;
}
