import type { AdminStream } from "../contracts/generated";
import { notify } from "../design/Toast";
import { ReasonDialog } from "../features/ReasonDialog";
import { request } from "../net/socket";

interface StopStreamProps {
  stream: AdminStream | null;
  onClose: () => void;
  onStopped: () => void;
}

/** Stop somebody's stream; the reason reaches the owner, the listeners and the audit log. */
export function StopStream({ stream, onClose, onStopped }: StopStreamProps) {
  return (
    <ReasonDialog
      title={`Stop ${stream?.name ?? "stream"}?`}
      open={stream !== null}
      hint="Shown to the owner and the listeners, and written to the audit log."
      maxLength={200}
      action="Stop stream"
      failed="Stopping failed. Try again."
      onConfirm={async (reason) => {
        if (stream === null) return;
        const { channelId, streamId, name } = stream;
        await request("stream:stop", { channelId, streamId, reason });
        notify(`${name} was stopped.`);
        onStopped();
      }}
      onClose={onClose}
    >
      {stream?.listeners.toLocaleString("en")} listeners lose “{stream?.showTitle}”. The source is
      disconnected.
    </ReasonDialog>
  );
}
