import { useEffect, useState } from "preact/hooks";
import type { CreateFeed, Feed, Match } from "../contracts/generated";
import { Button } from "../design/Button";
import { Dialog } from "../design/Dialog";
import { Empty, Skeleton } from "../design/Empty";
import { FormError, SelectField, TextField } from "../design/Field";
import { notify } from "../design/Toast";
import { statusText, title } from "../features/match/format";
import { type Provider, providerName } from "../features/match/providers";
import { api } from "../net/rest";
import { DEFAULT_SPORT, SPORTS } from "../sports";
import styles from "./FeedForm.module.css";
import { matchTitle, PROVIDERS } from "./feeds";
import page from "./Page.module.css";

interface FeedFormProps {
  open: boolean;
  /** The feed to change; null for a new one. */
  feed: Feed | null;
  onClose: () => void;
  onDone: (feed: Feed) => void;
}

/** Add a feed, or change one. */
export function FeedForm({ open, feed, onClose, onDone }: FeedFormProps) {
  const [match, setMatch] = useState<Match | null>(null);
  useEffect(() => {
    if (!open) setMatch(null);
  }, [open]);
  return (
    <Dialog title={feed === null ? "Add a feed" : "Change the feed"} open={open} onClose={onClose}>
      {feed === null && match === null ? (
        <ChooseMatch onChosen={setMatch} />
      ) : (
        <Settings
          feed={feed}
          match={match}
          onOther={() => setMatch(null)}
          onClose={onClose}
          onDone={onDone}
        />
      )}
    </Dialog>
  );
}

/** Typing goes on for this long before the server is asked. */
const PAUSE_MS = 250;

function ChooseMatch({ onChosen }: { onChosen: (match: Match) => void }) {
  const [text, setText] = useState("");
  const [found, setFound] = useState<readonly Match[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(
      () =>
        api.matches({ limit: 20, ...(text.trim() === "" ? {} : { text: text.trim() }) }).then(
          ({ items }) => {
            if (!current) return;
            setFound(items);
            setFailure(null);
          },
          (error: unknown) => current && setFailure(error instanceof Error ? error.message : "Try again."),
        ),
      text === "" ? 0 : PAUSE_MS,
    );
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text]);
  return (
    <div class={page.form}>
      <TextField
        label="Which match"
        type="search"
        placeholder="Team, competition or venue"
        maxLength={200}
        autocomplete="off"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <FormError>{failure}</FormError>
      {found === null && failure === null && <Skeleton height="160px" label="Looking for matches" />}
      {found !== null && found.length === 0 && (
        <Empty icon={SPORTS[DEFAULT_SPORT].icon} title="No such match" compact>
          <p>
            A match is made over REST (<code>POST /api/matches</code>) or by Kafka, before a feed brings its
            score.
          </p>
        </Empty>
      )}
      {found !== null && found.length > 0 && (
        <ul class={styles.choices}>
          {found.map((one) => (
            <li key={one.id}>
              <button type="button" onClick={() => onChosen(one)}>
                <b>{title(one)}</b>
                <span>
                  {statusText(one)} · {one.competition.name}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface SettingsProps {
  feed: Feed | null;
  match: Match | null;
  onOther: () => void;
  onClose: () => void;
  onDone: (feed: Feed) => void;
}

function Settings({ feed, match, onOther, onClose, onDone }: SettingsProps) {
  const sport = feed?.match.sport ?? match?.sport ?? DEFAULT_SPORT;
  const able = (Object.keys(PROVIDERS) as Provider[]).filter((one) => PROVIDERS[one].sports.includes(sport));
  const [provider, setProvider] = useState<Provider>(
    feed?.provider ?? able.find((one) => match?.externalIds[one] !== undefined) ?? able[0] ?? "espn",
  );
  const [externalId, setExternalId] = useState<string | null>(feed?.externalId ?? null);
  const [options, setOptions] = useState<Record<string, string>>(feed?.options ?? {});
  const [apiKeyEnv, setApiKeyEnv] = useState(feed?.apiKeyEnv ?? "");
  const [coverage, setCoverage] = useState<"events" | "score">(feed?.coverage ?? "events");
  const [intervalS, setIntervalS] = useState(feed === null ? "" : String(feed.intervalS));
  const [baseUrl, setBaseUrl] = useState(feed?.baseUrl ?? "");
  const [redirectHosts, setRedirectHosts] = useState(feed?.redirectHosts.join(", ") ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  if (able.length === 0)
    return (
      <Empty icon="alert" title={`No provider is read for ${SPORTS[sport].name.toLowerCase()}`} compact>
        <p>Send its events over REST or Kafka instead.</p>
        <Button onClick={onOther}>Choose another match</Button>
      </Empty>
    );
  const form = PROVIDERS[provider];
  const id = externalId ?? match?.externalIds[provider] ?? "";
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const chosen = form.options
      .map((option) => [option.name, (options[option.name] ?? "").trim()] as const)
      .filter(([, value]) => value !== "");
    const hosts = redirectHosts.split(/[\s,]+/).filter((host) => host !== "");
    const body: Omit<CreateFeed, "matchId"> = {
      provider,
      coverage: form.scoreOnly ? "score" : coverage,
      enabled: feed?.enabled ?? true,
      options: Object.fromEntries(chosen),
      redirectHosts: hosts,
      ...(id.trim() === "" ? {} : { externalId: id.trim() }),
      ...(apiKeyEnv.trim() === "" ? {} : { apiKeyEnv: apiKeyEnv.trim() }),
      ...(baseUrl.trim() === "" ? {} : { baseUrl: baseUrl.trim() }),
      ...(intervalS === "" ? {} : { intervalS: Number(intervalS) }),
    };
    try {
      const done =
        feed === null
          ? await api.addFeed({ ...body, matchId: match?.id ?? "" })
          : await api.configureFeed(feed.id, body);
      notify(feed === null ? "The feed was added. It is asked within seconds." : "The feed was changed.");
      onDone(done);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : "The feed could not be stored. Try again.");
      setBusy(false);
    }
  };
  const address = (
    <TextField
      label="Base address"
      hint={`https://, without a key in it.${form.baseUrl ? "" : " Empty: the provider's own."}`}
      type="url"
      required={form.baseUrl ?? false}
      maxLength={300}
      value={baseUrl}
      onInput={(event) => setBaseUrl(event.currentTarget.value)}
    />
  );
  return (
    <form class={page.form} onSubmit={submit}>
      <p class={styles.chosen}>
        <b>{feed !== null ? matchTitle(feed.match) : match !== null && title(match)}</b>
        {feed === null && (
          <Button look="quiet" onClick={onOther}>
            Another match
          </Button>
        )}
      </p>
      <FormError>{error}</FormError>
      <SelectField
        label="Provider"
        value={provider}
        disabled={feed !== null}
        hint={feed !== null ? "Fixed. For another provider add another feed." : undefined}
        onChange={(event) => {
          setProvider(event.currentTarget.value as Provider);
          setOptions({});
        }}
      >
        {able.map((one) => (
          <option key={one} value={one}>
            {providerName(one)}
          </option>
        ))}
      </SelectField>
      {form.externalId !== undefined && (
        <TextField
          label={`The match's id at ${providerName(provider)}`}
          hint={form.externalId}
          required
          maxLength={100}
          pattern="[0-9A-Za-z:_\-]+"
          autocapitalize="none"
          autocomplete="off"
          value={id}
          onInput={(event) => setExternalId(event.currentTarget.value)}
        />
      )}
      {form.baseUrl && address}
      {form.options.map((option) =>
        option.choices === undefined ? (
          <TextField
            key={option.name}
            label={option.needed ? option.label : `${option.label} (optional)`}
            hint={option.hint}
            required={option.needed ?? false}
            maxLength={option.free ? 1000 : 100}
            {...(option.free ? {} : { pattern: "[0-9A-Za-z._\\-]+" })}
            autocapitalize="none"
            value={options[option.name] ?? ""}
            onInput={(event) => setOptions({ ...options, [option.name]: event.currentTarget.value })}
          />
        ) : (
          <SelectField
            key={option.name}
            label={option.label}
            hint={option.hint}
            value={options[option.name] ?? option.choices[0]}
            onChange={(event) => setOptions({ ...options, [option.name]: event.currentTarget.value })}
          >
            {option.choices.map((choice) => (
              <option key={choice}>{choice}</option>
            ))}
          </SelectField>
        ),
      )}
      {form.key && (
        <TextField
          label="API key: its environment variable"
          hint="The variable's name, beginning with FEED_. The key itself stays on the server."
          required
          maxLength={100}
          pattern="FEED_[A-Z0-9_]+"
          autocapitalize="characters"
          autocomplete="off"
          placeholder="FEED_KEY"
          value={apiKeyEnv}
          onInput={(event) => setApiKeyEnv(event.currentTarget.value)}
        />
      )}
      <details class={styles.more} open={error !== null}>
        <summary>More settings</summary>
        <div class={page.form}>
          {!form.scoreOnly && (
            <SelectField
              label="What is read"
              value={coverage}
              onChange={(event) => setCoverage(event.currentTarget.value as "events" | "score")}
            >
              <option value="events">Events and score</option>
              <option value="score">The score alone</option>
            </SelectField>
          )}
          <TextField
            label="Seconds between two questions"
            hint={`While the match is live, ${form.leastS ?? 1} to 600. Empty: as the provider likes it.`}
            type="number"
            min={form.leastS ?? 1}
            max={600}
            step="any"
            inputMode="decimal"
            value={intervalS}
            onInput={(event) => setIntervalS(event.currentTarget.value)}
          />
          {!form.baseUrl && address}
          <TextField
            label="Further hosts it may redirect to"
            hint="With commas between. Any other redirect is an error."
            autocapitalize="none"
            value={redirectHosts}
            onInput={(event) => setRedirectHosts(event.currentTarget.value)}
          />
        </div>
      </details>
      <div class={page.choice}>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" type="submit" busy={busy}>
          {feed === null ? "Add feed" : "Save"}
        </Button>
      </div>
    </form>
  );
}
