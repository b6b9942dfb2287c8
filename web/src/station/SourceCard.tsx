import { useState } from "preact/hooks";
import type { ChannelDetail, StreamInfo } from "../contracts/generated";
import { Button, IconButton } from "../design/Button";
import { classes } from "../design/classes";
import { Dialog } from "../design/Dialog";
import { Panel } from "../design/Panel";
import { notify, notifyError } from "../design/Toast";
import { api } from "../net/rest";
import { Refusals } from "./Refusals";
import styles from "./SourceCard.module.css";

interface SourceCardProps {
  detail: ChannelDetail;
  stream: StreamInfo | null;
  onChange: (detail: ChannelDetail) => void;
}

/** What an Icecast source client needs, and whether it is connected. */
export function SourceCard({ detail, stream, onChange }: SourceCardProps) {
  const [shown, setShown] = useState(false);
  const [renewing, setRenewing] = useState(false);
  const [busy, setBusy] = useState(false);
  const { source } = detail;
  const connected = stream?.sourceConnected === true;
  const renew = async () => {
    setBusy(true);
    try {
      onChange(await api.renewSourcePassword(detail.id));
      setRenewing(false);
      setShown(true);
      notify("New password. The old one no longer works.");
    } catch (error) {
      notifyError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Panel
      title="Use your own software"
      aside={
        <span class={classes(styles.light, connected && styles.on)} role="status">
          <i />
          {connected ? "Connected" : "Waiting for sound"}
        </span>
      }
    >
      {source === undefined ? (
        <p class={styles.note}>Only the channel's owner sees its source settings.</p>
      ) : (
        <>
          <p class={styles.note}>
            Any Icecast source works (BUTT, Mixxx, OBS tools, liquidsoap, ffmpeg). Send MP3
            {detail.autoLive === false
              ? " after you pressed Go live."
              : "; the channel goes live by itself when the sound arrives."}
          </p>
          <dl class={styles.settings}>
            <Setting name="Host" value={source.host} />
            <Setting name="Port" value={String(source.port)} />
            <Setting name="Mount" value={source.mount} />
            <Setting name="User" value="source" />
            <Setting name="Password" value={source.password} hidden={!shown}>
              <IconButton
                icon={shown ? "eyeOff" : "eye"}
                label={shown ? "Hide password" : "Show password"}
                onClick={() => setShown(!shown)}
              />
            </Setting>
          </dl>
          <Refusals channelId={detail.id} />
          <div>
            <Button look="quiet" icon="refresh" onClick={() => setRenewing(true)}>
              Renew password
            </Button>
          </div>
        </>
      )}
      <Dialog title="Renew the password?" open={renewing} onClose={() => setRenewing(false)}>
        <p>Software that still uses the old password can no longer connect.</p>
        <div class={styles.choice}>
          <Button onClick={() => setRenewing(false)}>Keep it</Button>
          <Button look="primary" busy={busy} onClick={() => void renew()}>
            Renew
          </Button>
        </div>
      </Dialog>
    </Panel>
  );
}

interface SettingProps {
  name: string;
  value: string;
  hidden?: boolean;
  children?: preact.ComponentChildren;
}

function Setting({ name, value, hidden = false, children }: SettingProps) {
  const copy = () => {
    const written = navigator.clipboard?.writeText(value) ?? Promise.reject(new Error("no clipboard"));
    written.then(
      () => notify(`${name} copied.`),
      () => notify("Copying is not allowed here. Select the text instead."),
    );
  };
  return (
    <div class={styles.setting}>
      <dt>{name}</dt>
      <dd>
        {hidden ? (
          <span class={styles.dots}>
            <span class="visually-hidden">hidden</span>
            <span aria-hidden="true">••••••••••••</span>
          </span>
        ) : (
          <code>{value}</code>
        )}
        {children}
        <IconButton icon="copy" size={18} label={`Copy ${name.toLowerCase()}`} onClick={copy} />
      </dd>
    </div>
  );
}
