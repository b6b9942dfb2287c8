import { useState } from "preact/hooks";
import type { CorrectEvent, Match, MatchEvent } from "../../contracts/generated";
import { Button } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { FormError, SelectField, TextField } from "../../design/Field";
import { notify } from "../../design/Toast";
import { ApiError, api } from "../../net/rest";
import type { Detail, SportScoring } from "../../sports/scoring";
import { ROLES } from "../../sports/shared/scoring/corrections";
import { opponentOf, sidesOf } from "../../sports/shared/scoring/entry";
import { eventKey } from "../../state/match";
import styles from "./EditEvent.module.css";
import { playerId, playersOf } from "./entry";
import { newestVersion } from "./version";

const REASONS = ["Entered by mistake", "Wrong player", "Wrong side", "Official review"];

interface EditEventProps {
  match: Match;
  config: Record<string, unknown>;
  scoring: SportScoring;
  events: readonly MatchEvent[];
  event: MatchEvent;
  onClose: () => void;
}

/** Puts an earlier event right: what is changed, and why, is told to all who follow. */
export function EditEvent({ match, config, scoring, events, event, onClose }: EditEventProps) {
  const present = events.find((one) => eventKey(one) === eventKey(event)) ?? event;
  const sides = sidesOf(match);
  const { details, roles: names, possible, otherSide } = scoring.corrections;
  const [side, setSide] = useState(event.competitorId);
  const [clock, setClock] = useState(event.clock?.display ?? "");
  const [words, setWords] = useState(event.commentary[0]?.text ?? "");
  const [players, setPlayers] = useState<Record<string, string>>(() => {
    const roles = new Set([...(possible[event.type] ?? []), ...event.players.map(({ role }) => role)]);
    return Object.fromEntries(
      [...roles].map((role) => {
        const known = event.players.find((one) => one.role === role);
        return [role, known?.name ?? known?.id ?? ""];
      }),
    );
  });
  const [detail, setDetail] = useState<Record<string, unknown>>(event.detail);
  const [reason, setReason] = useState("");
  const [version, setVersion] = useState(match.version);
  const [busy, setBusy] = useState<"save" | "withdraw" | null>(null);
  const [error, setError] = useState<string | null>(null);
  const people = sides.flatMap((one) => playersOf(one, events));

  const correction = (): CorrectEvent => {
    const kept = event.players.filter(({ role }) => !(role in players));
    const named = Object.entries(players).flatMap(([role, name]) => {
      const wanted = name.trim();
      if (wanted === "") return [];
      const before = event.players.find((one) => one.role === role);
      if (before !== undefined && (before.name ?? before.id) === wanted) return [before];
      const known = people.find((one) => one.name.toLowerCase() === wanted.toLowerCase());
      const own = side ?? sides[0].id;
      const of = otherSide.has(role) ? opponentOf(match, own).id : own;
      return [{ role, id: known?.id ?? playerId(of, wanted), name: known?.name ?? wanted }];
    });
    return {
      reason: reason.trim(),
      version,
      players: [...named, ...kept],
      detail,
      ...(side === undefined ? {} : { competitorId: side }),
      ...(words.trim() === "" ? {} : { commentary: [{ text: words.trim(), lang: "en" }] }),
      ...(clock.trim() === "" || clock === event.clock?.display
        ? {}
        : {
            clock: {
              ...event.clock,
              display: clock.trim(),
              ...scoring.watch?.readClock(clock, event.period, config),
            },
          }),
    };
  };
  const act = async (what: "save" | "withdraw") => {
    if (reason.trim() === "") {
      setError("Say why: it is shown to all who follow the match.");
      return;
    }
    setBusy(what);
    setError(null);
    const name = { eventId: event.eventId, provider: event.provider };
    try {
      if (what === "save") await api.correctEvent(match.id, name, correction());
      else await api.withdrawEvent(match.id, name, reason.trim());
      notify(what === "save" ? "Corrected. Listeners see it as a correction." : "Withdrawn.");
      onClose();
    } catch (failure) {
      if (failure instanceof ApiError && (failure.status === 409 || failure.status === 412)) {
        setVersion(await newestVersion(match));
        setError(
          "Somebody else has changed the match meanwhile. Look at the event once more, then save again.",
        );
      } else setError(failure instanceof Error ? failure.message : "The correction failed. Try again.");
    } finally {
      setBusy(null);
    }
  };
  return (
    <Dialog title="Correct an event" open onClose={onClose}>
      <form
        class={styles.form}
        onSubmit={(submit) => {
          submit.preventDefault();
          void act("save");
        }}
      >
        <p class={styles.what}>
          {event.type.replaceAll("_", " ")}
          {present.revision !== event.revision && " (changed since you opened this)"}
        </p>
        <FormError>{error}</FormError>
        <div class={styles.pair}>
          {side !== undefined && (
            <SelectField label="Side" value={side} onChange={(change) => setSide(change.currentTarget.value)}>
              {sides.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </SelectField>
          )}
          {event.clock !== undefined && (
            <TextField
              label="Clock"
              maxLength={20}
              value={clock}
              onInput={(input) => setClock(input.currentTarget.value)}
            />
          )}
          {Object.entries(players).map(([role, name]) => (
            <TextField
              key={role}
              label={names[role] ?? ROLES[role] ?? role.replaceAll("_", " ")}
              list="touchline-people"
              maxLength={200}
              value={name}
              onInput={(input) => setPlayers({ ...players, [role]: input.currentTarget.value })}
            />
          ))}
          {(details[event.type] ?? []).map((field) => (
            <DetailField key={field.path.join(".")} field={field} detail={detail} onChange={setDetail} />
          ))}
        </div>
        <datalist id="touchline-people">
          {people.map(({ id, name }) => (
            <option key={id} value={name} />
          ))}
        </datalist>
        <TextField
          label="Words"
          maxLength={2000}
          value={words}
          onInput={(input) => setWords(input.currentTarget.value)}
        />
        <TextField
          label="Reason"
          hint="Shown to all who follow the match."
          list="touchline-reasons"
          required
          maxLength={300}
          value={reason}
          onInput={(input) => setReason(input.currentTarget.value)}
        />
        <datalist id="touchline-reasons">
          {REASONS.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <div class={styles.end}>
          <Button look="danger" busy={busy === "withdraw"} onClick={() => void act("withdraw")}>
            Withdraw
          </Button>
          <Button look="primary" type="submit" busy={busy === "save"}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function DetailField({
  field,
  detail,
  onChange,
}: {
  field: Detail;
  detail: Record<string, unknown>;
  onChange: (detail: Record<string, unknown>) => void;
}) {
  const [outer, inner] = field.path;
  const held = inner === undefined ? detail : ((detail[outer] ?? {}) as Record<string, unknown>);
  const value = held[inner ?? outer];
  const set = (next: unknown) => {
    if (inner === undefined) onChange({ ...detail, [outer]: next });
    else {
      const { [inner]: _, ...others } = held;
      onChange({ ...detail, [outer]: next === 0 ? others : { ...others, [inner]: next } });
    }
  };
  if (field.kind === "flag")
    return (
      <SelectField
        label={field.label}
        value={value === true ? "yes" : "no"}
        onChange={(change) => set(change.currentTarget.value === "yes")}
      >
        <option value="no">No</option>
        <option value="yes">Yes</option>
      </SelectField>
    );
  if (typeof field.kind === "object")
    return (
      <SelectField
        label={field.label}
        value={String(value ?? "")}
        onChange={(change) => set(change.currentTarget.value)}
      >
        {field.kind.map(([option, label]) => (
          <option key={option} value={option}>
            {label}
          </option>
        ))}
      </SelectField>
    );
  return (
    <TextField
      label={field.label}
      type="number"
      min={0}
      max={100}
      value={typeof value === "number" ? value : 0}
      onInput={(input) => set(Number(input.currentTarget.value) || 0)}
    />
  );
}
