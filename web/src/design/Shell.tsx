import type { ComponentChildren } from "preact";
import { closedReason, type Link, link, reconnect } from "../net/socket";
import { IconButton } from "./Button";
import { Icon, type IconName } from "./Icon";
import { Logo } from "./Logo";
import styles from "./Shell.module.css";
import { Toasts } from "./Toast";
import { nextTheme, type Theme, theme } from "./theme";

const THEMES: Record<Theme, { icon: IconName; label: string }> = {
  system: { icon: "system", label: "Theme: system" },
  light: { icon: "sun", label: "Theme: light" },
  dark: { icon: "moon", label: "Theme: dark" },
};

const LINKS: Record<Exclude<Link, "online">, { text: string; hint: string }> = {
  connecting: { text: "Connecting", hint: "Getting the live state." },
  reconnecting: { text: "Reconnecting", hint: "The connection was lost. This page comes back by itself." },
  offline: { text: "Offline", hint: "This device has no network. Nothing on this page moves until it has." },
  stale: { text: "Delayed", hint: "The server does not answer now, so what you see may be old." },
  closed: { text: "Disconnected", hint: "The server closed the connection." },
};

/** How live this page is; silent while all is well. */
export function ConnectionStatus() {
  const state = link.value;
  const shown = state === "online" ? null : LINKS[state];
  return (
    <div class={styles.connection} role="status" aria-label="Connection" data-state={state}>
      {shown !== null && (
        <span class={styles.link} title={closedReason.value ?? shown.hint}>
          {state === "offline" ? <Icon name="offline" size={16} /> : <i />}
          {shown.text}
        </span>
      )}
      {state === "closed" && (
        <>
          <span class={styles.reason}>{closedReason.value}</span>
          <IconButton icon="refresh" label="Connect again" onClick={reconnect} />
        </>
      )}
    </div>
  );
}

/** A page in the bar at the top. */
export function NavLink({ href, text, present }: { href: string; text: string; present: boolean }) {
  return (
    <a href={href} class={styles.page} aria-current={present ? "page" : undefined}>
      {text}
    </a>
  );
}

interface ShellProps {
  product?: string;
  nav?: ComponentChildren;
  account: ComponentChildren;
  children: ComponentChildren;
  dock?: ComponentChildren;
}

/** The frame of all three apps: skip link, top bar, main landmark, notices. */
export function Shell({ product, nav, account, children, dock }: ShellProps) {
  const { icon, label } = THEMES[theme.value];
  return (
    <>
      <a href="#main" class={styles.skip}>
        Skip to content
      </a>
      <header class={styles.bar}>
        <div class={styles.inner}>
          <a href={product === undefined ? "/" : `/${product.toLowerCase()}`} class={styles.brand}>
            <Logo />
            <span>Touchline</span>
            {product !== undefined && <em>{product}</em>}
          </a>
          {nav}
          <div class={styles.tools}>
            <ConnectionStatus />
            <IconButton icon={icon} label={label} onClick={nextTheme} />
            {account}
          </div>
        </div>
      </header>
      <main id="main" class={styles.main} tabIndex={-1}>
        {children}
      </main>
      {dock}
      <Toasts />
    </>
  );
}
