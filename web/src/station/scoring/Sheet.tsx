import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Match, MatchEvent } from "../../contracts/generated";
import { Button } from "../../design/Button";
import { classes } from "../../design/classes";
import { Dialog } from "../../design/Dialog";
import { notify } from "../../design/Toast";
import type { Action, Answers, Step } from "../../sports/shared/scoring/actions";
import { type Person, sideOf } from "../../sports/shared/scoring/entry";
import { plain, playersOf, strangerIn } from "./entry";
import { pressed } from "./keys";
import styles from "./Sheet.module.css";

interface SheetProps {
  action: Action;
  match: Match;
  events: readonly MatchEvent[];
  onDone: (answers: Answers) => void;
  onClose: () => void;
}

/** Asks for what an entry needs, one thing after another, by touch or by keys alone. */
export function Sheet({ action, match, events, onDone, onClose }: SheetProps) {
  const [answers, setAnswers] = useState<Answers>({});
  const [at, setAt] = useState(0);
  const steps = action.steps?.(answers) ?? [];
  const step = steps[at];
  const answer = (value: string | Person | null) => {
    if (step === undefined) return;
    const next = { ...answers, [step.name]: value };
    if (at + 1 < (action.steps?.(next) ?? []).length) {
      setAnswers(next);
      setAt(at + 1);
    } else onDone(next);
  };
  if (step === undefined) return null;
  return (
    <Dialog title={step.title} open onClose={onClose}>
      {step.kind === "player" && (
        <Players key={at} step={step} match={match} events={events} onAnswer={answer} />
      )}
      {step.kind === "choice" && <Choice key={at} step={step} onAnswer={answer} />}
      {step.kind === "text" && <Words key={at} step={step} onAnswer={answer} />}
      <p class={styles.foot}>
        <span>
          <kbd>Esc</kbd> enters nothing
        </span>
        {at > 0 && (
          <Button look="quiet" icon="back" onClick={() => setAt(at - 1)}>
            Back
          </Button>
        )}
      </p>
    </Dialog>
  );
}

/** Where the keys go: for a dialog that is about to open, and within one that is open. */
function useFocus<T extends HTMLElement>() {
  const element = useRef<T>(null);
  useLayoutEffect(() => {
    element.current?.setAttribute("autofocus", "");
    element.current?.focus();
  }, []);
  return element;
}

interface PlayersProps {
  step: Extract<Step, { kind: "player" }>;
  match: Match;
  events: readonly MatchEvent[];
  onAnswer: (person: Person | null) => void;
}

/** One of a side: by shirt number, by a part of the name, or somebody whom the line-up does not know. */
function Players({ step, match, events, onAnswer }: PlayersProps) {
  const [typed, setTyped] = useState("");
  const input = useFocus<HTMLInputElement>();
  const side = sideOf(match, step.side);
  const known = playersOf(side, events).filter(({ id }) => !step.without?.includes(id));
  const found = known.filter((one) => fits(one, typed));
  const name = typed.trim();
  const stranger = strangerIn(side, name, playersOf(side, events));
  const submit = (event: Event) => {
    event.preventDefault();
    const [first] = found;
    if (name === "" && step.optional) onAnswer(null);
    else if (first !== undefined) onAnswer(first);
    else if (stranger !== null) take(stranger);
  };
  const take = (person: Person) => {
    notify(
      `${person.name} is not in the line-up of ${side.name}. It was entered, and can be corrected in the log.`,
    );
    onAnswer(person);
  };
  return (
    <form class={styles.sheet} onSubmit={submit}>
      <label class={styles.search}>
        <span class="visually-hidden">Number or name</span>
        <input
          ref={input}
          value={typed}
          placeholder="Number or name"
          autocomplete="off"
          autocapitalize="words"
          maxLength={200}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      <ul class={styles.players}>
        {step.optional && name === "" && (
          <li>
            <button type="submit" class={styles.first}>
              <span>No name</span>
              <kbd>Enter</kbd>
            </button>
          </li>
        )}
        {found.map((one, index) => (
          <li key={one.id}>
            <button
              type="button"
              class={classes(index === 0 && (name !== "" || !step.optional) && styles.first)}
              onClick={() => onAnswer(one)}
            >
              {one.number !== undefined && <b>{one.number}</b>}
              <span>{one.name}</span>
              {index === 0 && (name !== "" || !step.optional) && <kbd>Enter</kbd>}
            </button>
          </li>
        ))}
        {stranger !== null && (
          <li>
            <button
              type="button"
              class={classes(found.length === 0 && styles.first)}
              onClick={() => take(stranger)}
            >
              <span>{stranger.name} (not in the line-up)</span>
              {found.length === 0 && <kbd>Enter</kbd>}
            </button>
          </li>
        )}
      </ul>
      {name !== "" && found.length === 0 && stranger === null && (
        <p class={styles.hint}>This player has a part in the entry already.</p>
      )}
      {known.length === 0 && name === "" && (
        <p class={styles.hint}>No line-up yet: type the name. It is offered from then on.</p>
      )}
    </form>
  );
}

function fits({ name, number }: Person, typed: string): boolean {
  const wanted = plain(typed);
  if (wanted === "") return true;
  if (/^\d+$/.test(wanted) && String(number ?? "").startsWith(wanted)) return true;
  return plain(name)
    .split(/[\s-]+/)
    .some((_, index, words) => words.slice(index).join(" ").startsWith(wanted));
}

function Choice({
  step,
  onAnswer,
}: {
  step: Extract<Step, { kind: "choice" }>;
  onAnswer: (value: string) => void;
}) {
  const first = useFocus<HTMLButtonElement>();
  const latest = useRef(onAnswer);
  latest.current = onAnswer;
  // Before it is painted: a quick scorer's next key comes at once.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const found = step.options.find(({ key }) => key === pressed(event));
      if (found === undefined) return;
      event.preventDefault();
      latest.current(found.value);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [step]);
  return (
    <div class={styles.choices}>
      {step.options.map(({ value, label, key }, index) => (
        <button
          key={value}
          type="button"
          ref={index === 0 ? first : undefined}
          onClick={() => onAnswer(value)}
        >
          <span>{label}</span>
          {key !== undefined && <kbd>{key.toUpperCase()}</kbd>}
        </button>
      ))}
    </div>
  );
}

function Words({
  step,
  onAnswer,
}: {
  step: Extract<Step, { kind: "text" }>;
  onAnswer: (value: string) => void;
}) {
  const [typed, setTyped] = useState("");
  const input = useFocus<HTMLInputElement>();
  const submit = (event: Event) => {
    event.preventDefault();
    onAnswer(typed.trim());
  };
  return (
    <form class={styles.sheet} onSubmit={submit}>
      <label class={styles.search}>
        <span>{step.label}</span>
        <input
          ref={input}
          value={typed}
          placeholder={step.placeholder}
          pattern={step.pattern}
          required={step.pattern !== undefined && !new RegExp(`^(?:${step.pattern})$`).test("")}
          inputMode={step.pattern === undefined ? "text" : "decimal"}
          maxLength={200}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
      <Button look="primary" type="submit" wide>
        Enter
      </Button>
    </form>
  );
}
