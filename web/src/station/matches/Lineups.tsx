import { useState } from "preact/hooks";
import type { Match } from "../../contracts/generated";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { FormError } from "../../design/Field";
import { notify } from "../../design/Toast";
import { ApiError, api } from "../../net/rest";
import { matchRoom } from "../../state/rooms";
import { newestVersion } from "../scoring/version";
import { LineupField } from "./LineupField";
import { readLineup, writeLineup } from "./lineup";
import styles from "./Matches.module.css";

/** Who plays: pasted, one a line; the scorer then chooses by number or name. */
export function Lineups({ match, onClose }: { match: Match; onClose: () => void }) {
  const [texts, setTexts] = useState<Record<string, string>>(() =>
    Object.fromEntries(match.competitors.map(({ id, lineup }) => [id, writeLineup(lineup ?? [])])),
  );
  const [version, setVersion] = useState(match.version);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const read = (id: string) =>
    readLineup(texts[id] ?? "", id, match.competitors.find((side) => side.id === id)?.lineup);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const lineups = Object.fromEntries(match.competitors.map(({ id }) => [id, read(id)]));
      const changed = await api.editMatch(match.id, { version, lineups });
      matchRoom(match.id).apply({ type: "updated", match: changed });
      notify("Line-ups saved.");
      onClose();
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 409) setVersion(await newestVersion(match));
      setError(failure instanceof Error ? failure.message : "The line-ups could not be saved.");
      setBusy(false);
    }
  };
  return (
    <Dialog title="Line-ups" open onClose={onClose}>
      <form class={styles.form} onSubmit={submit}>
        <FormError>{error}</FormError>
        {match.competitors.map(({ id, name }) => (
          <LineupField
            key={id}
            label={`Players of ${name}`}
            value={texts[id] ?? ""}
            count={read(id).length}
            onInput={(text) => setTexts({ ...texts, [id]: text })}
          />
        ))}
        <Button look="primary" type="submit" busy={busy} wide>
          Save line-ups
        </Button>
      </form>
    </Dialog>
  );
}
