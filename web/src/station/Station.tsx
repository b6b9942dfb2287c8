import { useEffect, useState } from "preact/hooks";
import type { ChannelDetail, ChannelInfo } from "../contracts/generated";
import { Button } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { Empty, Skeleton } from "../design/Empty";
import { SelectField } from "../design/Field";
import { notifyError } from "../design/Toast";
import { api } from "../net/rest";
import { user } from "../net/session";
import { Console } from "./Console";
import { EditChannel } from "./EditChannel";
import { NewChannel } from "./NewChannel";
import styles from "./Station.module.css";

const CHOSEN_KEY = "touchline.channel";

function remembered(): string | null {
  try {
    return localStorage.getItem(CHOSEN_KEY);
  } catch {
    return null;
  }
}

/** The channel to open: what is on air comes first, of those the one that was worked on last. */
export function firstOf(channels: readonly ChannelInfo[], last: string | null): string | null {
  const onAir = channels.filter(({ live }) => live);
  const among = onAir.length > 0 ? onAir : channels;
  return (among.find(({ id }) => id === last) ?? among[0])?.id ?? null;
}

/** Which of one's channels to work on; the first visit creates one. */
export function Station() {
  const [channels, setChannels] = useState<readonly ChannelInfo[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [creating, setCreating] = useState(false);
  const [editing, setEditing] = useState<ChannelDetail | null>(null);
  const [edited, setEdited] = useState(0);
  const load = () => {
    setFailure(null);
    api.myChannels().then(
      ({ items }) => {
        setChannels(items);
        setChosen((known) => known ?? firstOf(items, remembered()));
      },
      (error: unknown) =>
        setFailure(error instanceof Error ? error.message : "The channels could not be loaded."),
    );
  };
  useEffect(load, [user.value?.id]);
  const choose = (id: string) => {
    setChosen(id);
    try {
      localStorage.setItem(CHOSEN_KEY, id);
    } catch {
      // Without storage the first channel is chosen next time.
    }
  };
  const created = (channel: ChannelInfo) => {
    setChannels((known) => [...(known ?? []), channel]);
    choose(channel.id);
    setCreating(false);
  };
  if (failure !== null)
    return (
      <Empty icon="alert" title="Your channels could not be loaded">
        <p>{failure}</p>
        <Button onClick={load}>Try again</Button>
      </Empty>
    );
  if (channels === null) return <Skeleton height="320px" label="Loading your channels" />;
  const channel = channels.find(({ id }) => id === chosen) ?? channels[0];
  if (channel === undefined)
    return (
      <section class={styles.first} aria-labelledby="first">
        <h1 id="first">Name your station</h1>
        <p>Listeners find it under its address. You can go live a minute from now.</p>
        <NewChannel onCreated={created} />
      </section>
    );
  return (
    <>
      <div class={styles.head}>
        <h1>{channel.name}</h1>
        <a href={`/c/${channel.slug}`} target="_blank" rel="noreferrer">
          /c/{channel.slug}
        </a>
        <div class={styles.pick}>
          {channels.length > 1 && (
            <SelectField
              label="Channel"
              value={channel.id}
              onChange={(event) => choose(event.currentTarget.value)}
            >
              {channels.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </SelectField>
          )}
          <Button
            icon="edit"
            look="quiet"
            onClick={() => void api.channel(channel.id).then(setEditing, notifyError)}
          >
            Edit channel
          </Button>
          <Button icon="plus" look="quiet" onClick={() => setCreating(true)}>
            New channel
          </Button>
        </div>
      </div>
      <Console key={`${channel.id}.${edited}`} channelId={channel.id} />
      {editing !== null && (
        <EditChannel
          channel={editing}
          onClose={() => setEditing(null)}
          onChanged={(changed) => {
            setChannels(channels.map((one) => (one.id === changed.id ? changed : one)));
            setEdited(edited + 1);
            setEditing(null);
          }}
          onDeleted={({ id }) => {
            const left = channels.filter((one) => one.id !== id);
            setChannels(left);
            setChosen(firstOf(left, null));
            setEditing(null);
          }}
        />
      )}
      <Dialog title="New channel" open={creating} onClose={() => setCreating(false)}>
        <NewChannel onCreated={created} />
      </Dialog>
    </>
  );
}
