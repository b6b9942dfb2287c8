import type { ComponentChildren } from "preact";
import { Button } from "../../design/Button";
import { Logo } from "../../design/Logo";
import { logout } from "../../net/rest";
import { user } from "../../net/session";
import styles from "./Gate.module.css";
import { SignInForm } from "./SignIn";

interface GateProps {
  title: string;
  lead: string;
  roles: readonly string[];
  refusal: string;
  children: ComponentChildren;
}

const ROLES: Record<string, string> = {
  listener: "a listener's account",
  owner: "a station owner's account",
  admin: "an administrator's account",
  feed: "a feed's account",
};

/** Lets people of certain roles through; others sign in, or learn why they cannot. */
export function Gate({ title, lead, roles, refusal, children }: GateProps) {
  const known = user.value;
  if (known !== null && roles.includes(known.role)) return <>{children}</>;
  return (
    <div class={styles.gate}>
      <section class={styles.card} aria-labelledby="gate">
        <Logo size={40} />
        <h1 id="gate">{title}</h1>
        {known === null ? (
          <>
            <p>{lead}</p>
            <SignInForm />
          </>
        ) : (
          <>
            <p role="alert">
              You are signed in as {known.displayName} ({ROLES[known.role] ?? "another account"}). {refusal}
            </p>
            <Button look="primary" onClick={() => void logout()} wide>
              Sign in as somebody else
            </Button>
          </>
        )}
      </section>
    </div>
  );
}
