import { useEffect, useRef, useState } from "preact/hooks";
import type { ChannelDetail, StreamInfo } from "../contracts/generated";
import { Badge } from "../design/Badge";
import { Button } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { Empty, Skeleton } from "../design/Empty";
import { Sparkline } from "../design/Sparkline";
import { notify, notifyError } from "../design/Toast";
import { Chat } from "../features/chat/Chat";
import { clockText, useNow } from "../features/duration";
import { api } from "../net/rest";
import { request, whenConnected } from "../net/socket";
import { useChannelRoom } from "../state/hooks";
import { appended, type Series } from "../state/overview";
import type { ChannelRoom } from "../state/rooms";
import styles from "./Console.module.css";
import { GoLive } from "./GoLive";
import { LinkedMatch } from "./LinkedMatch";
import { NowPlaying } from "./NowPlaying";
import { SourceCard } from "./SourceCard";

/** The desk of one channel: go live, run the show, stop. */
export function Console({ channelId }: { channelId: string }) {
  const room = useChannelRoom(channelId, true);
  const { stream, channel } = room.parts;
  const [detail, setDetail] = useState<ChannelDetail | null>(null);
  useEffect(() => whenConnected(() => void api.channel(channelId).then(setDetail, notifyError)), [channelId]);
  if (room.problem.value !== null)
    return (
      <Empty icon="alert" title="This channel cannot be opened">
        <p>{room.problem.value.message}</p>
      </Empty>
    );
  if (channel === null || detail === null) return <Skeleton height="420px" label="Opening the desk" />;
  return (
    <div class={styles.desk}>
      <div class={styles.main}>
        {stream === null ? <GoLive room={room} /> : <OnAir room={room} stream={stream} />}
        {stream !== null && <NowPlaying key={stream.streamId} room={room} />}
        <div class={styles.pair}>
          <LinkedMatch room={room} />
          <SourceCard detail={detail} stream={stream} onChange={setDetail} />
        </div>
      </div>
      <div class={styles.chat}>
        <Chat room={room} />
      </div>
    </div>
  );
}

function OnAir({ room, stream }: { room: ChannelRoom; stream: StreamInfo }) {
  const { metadata } = room.parts;
  const [stopping, setStopping] = useState(false);
  const [busy, setBusy] = useState(false);
  const now = useNow();
  const stop = async () => {
    const channelId = room.state.peek().channel?.id;
    if (channelId === undefined) return;
    setBusy(true);
    try {
      await request("stream:stop", { channelId, streamId: stream.streamId });
      notify("The show has ended.");
      setStopping(false);
    } catch (error) {
      notifyError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class={styles.onAir} aria-label="On air">
      <div class={styles.sign}>
        <span class={styles.lamp}>
          <i />
          On air
        </span>
        <p class={styles.timer} role="timer" aria-label="Time on air">
          {clockText(now - stream.startedAt)}
        </p>
      </div>
      <div class={styles.show}>
        <h2>{metadata?.showTitle}</h2>
        <p>with {metadata?.hostName}</p>
        {stream.sourceConnected ? (
          <Badge tone="ok">Sound is arriving</Badge>
        ) : (
          <Badge tone="warn">Waiting for sound</Badge>
        )}
      </div>
      <Audience room={room} />
      <Button look="danger" icon="stop" onClick={() => setStopping(true)}>
        Stop
      </Button>
      <Dialog title="End the show?" open={stopping} onClose={() => setStopping(false)}>
        <p>
          The stream stops for everybody, and your source is disconnected. You can go live again at any time.
        </p>
        <div class={styles.choice}>
          <Button onClick={() => setStopping(false)}>Keep going</Button>
          <Button look="primary" busy={busy} onClick={() => void stop()}>
            End the show
          </Button>
        </div>
      </Dialog>
    </section>
  );
}

/** A point at least this often, so that a steady audience is a line and not a dot. */
const SAMPLE_MS = 2_000;

function Audience({ room }: { room: ChannelRoom }) {
  const { listeners } = room.parts;
  const [series, setSeries] = useState<Series>([]);
  const count = useRef(0);
  count.current = listeners?.count ?? 0;
  useEffect(() => {
    const sample = () => setSeries((known) => appended(known, Date.now(), count.current));
    sample();
    const timer = setInterval(sample, SAMPLE_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class={styles.audience}>
      <dl class={styles.figures}>
        <div>
          <dt>Listeners</dt>
          <dd>{(listeners?.count ?? 0).toLocaleString("en")}</dd>
        </div>
        <div>
          <dt>People</dt>
          <dd>{(listeners?.unique ?? 0).toLocaleString("en")}</dd>
        </div>
        <div title="Pages that are open without sound">
          <dt>Watching</dt>
          <dd>{(listeners?.watching ?? 0).toLocaleString("en")}</dd>
        </div>
      </dl>
      <Sparkline series={series} label="Listeners" />
    </div>
  );
}
