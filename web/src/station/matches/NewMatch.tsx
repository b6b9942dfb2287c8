import { useState } from "preact/hooks";
import type { Match } from "../../contracts/generated";
import { Button } from "../../design/Button";
import { FormError, SelectField, TextField } from "../../design/Field";
import { Tabs } from "../../design/Tabs";
import { serverNow } from "../../net/clock";
import { api } from "../../net/rest";
import { SPORT_NAMES, SPORTS } from "../../sports";
import { FirstLeg } from "./FirstLeg";
import { abbreviationIn, emptyForm, matchOf, type Typed } from "./form";
import { LineupField } from "./LineupField";
import { readLineup } from "./lineup";
import styles from "./Matches.module.css";

/** A match of one's own: who plays, where and when, and by which rules. */
export function NewMatch({
  onCreated,
  onCancel,
}: {
  onCreated: (match: Match) => void;
  onCancel: () => void;
}) {
  const [typed, setTyped] = useState<Typed>(() => emptyForm(serverNow()));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const { form } = SPORTS[typed.sport];
  const set = (change: Partial<Typed>) => setTyped((known) => ({ ...known, ...change }));
  const pair = <T,>(values: readonly [T, T], index: number, value: T): [T, T] =>
    index === 0 ? [value, values[1]] : [values[0], value];
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      onCreated(await api.createMatch(matchOf(typed, Math.round(serverNow()))));
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : "The match could not be made.");
      setBusy(false);
    }
  };
  return (
    <form class={styles.card} onSubmit={submit} aria-labelledby="new-match">
      <h2 id="new-match">New match</h2>
      <FormError>{error}</FormError>
      <Tabs
        label="Sport"
        value={typed.sport}
        onChange={(sport) => set({ sport, config: {} })}
        options={SPORT_NAMES}
      />
      <div class={styles.sides}>
        {([0, 1] as const).map((index) => (
          <div key={index} class={styles.sideFields}>
            <TextField
              label={form.sides[index].label}
              required
              maxLength={200}
              value={typed.names[index]}
              placeholder={form.sides[index].placeholder}
              onInput={(event) => set({ names: pair(typed.names, index, event.currentTarget.value) })}
            />
            <TextField
              label="Short"
              required={typed.names[index] !== ""}
              maxLength={8}
              value={abbreviationIn(typed, index)}
              onInput={(event) =>
                set({
                  abbreviations: pair<string | null>(typed.abbreviations, index, event.currentTarget.value),
                })
              }
            />
          </div>
        ))}
      </div>
      <div class={styles.columns}>
        <TextField
          label="Competition"
          maxLength={200}
          value={typed.competition}
          placeholder="Friendly"
          onInput={(event) => set({ competition: event.currentTarget.value })}
        />
        <TextField
          label="Start"
          type="datetime-local"
          required
          value={typed.start}
          onInput={(event) => set({ start: event.currentTarget.value })}
        />
        <TextField
          label="Venue"
          maxLength={200}
          value={typed.venue}
          placeholder="Optional"
          onInput={(event) => set({ venue: event.currentTarget.value })}
        />
        {form.settings.map(({ name, label, values }) => (
          <SelectField
            key={`${typed.sport}.${name}`}
            label={label}
            value={typed.config[name] ?? values[0]?.[0] ?? ""}
            onChange={(event) => set({ config: { ...typed.config, [name]: event.currentTarget.value } })}
          >
            {values.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </SelectField>
        ))}
      </div>
      {form.hasTwoLegs && (
        <FirstLeg
          names={typed.names}
          goals={typed.firstLeg}
          onChange={(index, goals) => set({ firstLeg: pair(typed.firstLeg, index, goals) })}
        />
      )}
      {form.hasLineups && (
        <details class={styles.lineups}>
          <summary>Line-ups (optional, also later)</summary>
          <div class={styles.sides}>
            {([0, 1] as const).map((index) => (
              <LineupField
                key={index}
                label={`Players of ${typed.names[index] || (index === 0 ? "the first side" : "the second side")}`}
                value={typed.lineups[index]}
                count={readLineup(typed.lineups[index], "side").length}
                onInput={(text) => set({ lineups: pair(typed.lineups, index, text) })}
              />
            ))}
          </div>
        </details>
      )}
      <div class={styles.end}>
        <Button look="quiet" onClick={onCancel}>
          Cancel
        </Button>
        <Button look="primary" type="submit" busy={busy}>
          Create and score
        </Button>
      </div>
    </form>
  );
}
