import type { Feed } from "../contracts/generated";
import { notify } from "../design/Toast";
import { providerName } from "../features/match/providers";
import { ReasonDialog } from "../features/ReasonDialog";
import { api } from "../net/rest";
import { matchTitle } from "./feeds";

interface DeleteFeedProps {
  feed: Feed | null;
  onClose: () => void;
  onDeleted: () => void;
}

/** End a feed for good, for a reason that the audit log keeps. */
export function DeleteFeed({ feed, onClose, onDeleted }: DeleteFeedProps) {
  return (
    <ReasonDialog
      title="Delete the feed?"
      open={feed !== null}
      hint="Written to the audit log."
      maxLength={300}
      action="Delete feed"
      failed="Deleting failed. Try again."
      onConfirm={async (reason) => {
        if (feed === null) return;
        await api.deleteFeed(feed.id, reason);
        notify("The feed was deleted.");
        onDeleted();
      }}
      onClose={onClose}
    >
      {feed !== null && `${providerName(feed.provider)} feeds ${matchTitle(feed.match)} no longer. `}
      The match keeps its events; the feed's settings and kept messages are gone.
    </ReasonDialog>
  );
}
