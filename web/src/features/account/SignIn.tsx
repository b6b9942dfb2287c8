import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { Button, IconButton } from "../../design/Button";
import { Dialog } from "../../design/Dialog";
import { FormError, TextField } from "../../design/Field";
import { Icon } from "../../design/Icon";
import { login, logout } from "../../net/rest";
import { signedOutReason, user } from "../../net/session";
import styles from "./SignIn.module.css";

const asked = signal<string | null>(null);

/** Ask for a sign-in, saying what it is needed for. */
export function askToSignIn(why = "Chat and react while you listen."): void {
  asked.value = why;
}

export function SignInForm({ onDone }: { onDone?: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await login(email.trim(), password);
      onDone?.();
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : "Signing in failed. Try again.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class={styles.form} onSubmit={submit}>
      <FormError>{error ?? signedOutReason.value}</FormError>
      <TextField
        label="Email"
        type="email"
        name="email"
        autocomplete="username"
        required
        value={email}
        onInput={(event) => setEmail(event.currentTarget.value)}
      />
      <TextField
        label="Password"
        type="password"
        name="password"
        autocomplete="current-password"
        required
        value={password}
        onInput={(event) => setPassword(event.currentTarget.value)}
      />
      <Button look="primary" type="submit" busy={busy} wide>
        Sign in
      </Button>
    </form>
  );
}

/** The dialog that `askToSignIn` opens; one on each page. */
export function SignInDialog() {
  const close = () => {
    asked.value = null;
  };
  return (
    <Dialog title="Sign in" open={asked.value !== null} onClose={close}>
      <p class={styles.why}>{asked.value}</p>
      <SignInForm onDone={close} />
    </Dialog>
  );
}

/** The other apps, and whose they are. */
const AREAS: readonly (readonly [string, string, readonly string[]])[] = [
  ["Station", "/station", ["owner", "admin"]],
  ["Monitor", "/admin", ["admin"]],
];

const MENU_ID = "account";

/** Who is signed in, or the way to be; on a narrow screen a menu. */
export function Account() {
  const known = user.value;
  if (known === null)
    return (
      <span class={styles.guest}>
        <Button look="outline" onClick={() => askToSignIn()}>
          <Icon name="user" size={18} />
          <span>Sign in</span>
        </Button>
      </span>
    );
  return (
    <>
      <span class={styles.opener}>
        <IconButton icon="user" label="Your account" popovertarget={MENU_ID} />
      </span>
      <div id={MENU_ID} popover="auto" class={styles.account}>
        <span class={styles.name} title={known.email}>
          {known.displayName}
        </span>
        {AREAS.filter(
          ([, path, roles]) => roles.includes(known.role) && !location.pathname.startsWith(path),
        ).map(([name, path]) => (
          <a key={path} class={styles.area} href={path}>
            {name}
          </a>
        ))}
        <span class={styles.leave}>
          <IconButton icon="logout" label="Sign out" onClick={() => void logout()} />
        </span>
        <button type="button" class={styles.leaveInWords} onClick={() => void logout()}>
          Sign out
        </button>
      </div>
    </>
  );
}
