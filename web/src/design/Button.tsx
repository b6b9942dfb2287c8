import type { ComponentChildren, JSX } from "preact";
import styles from "./Button.module.css";
import { classes } from "./classes";
import { Icon, type IconName } from "./Icon";

type Look = "primary" | "outline" | "quiet" | "danger";

interface ButtonProps extends Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, "icon" | "size"> {
  look?: Look;
  size?: "m" | "l";
  icon?: IconName;
  busy?: boolean;
  wide?: boolean;
  children: ComponentChildren;
}

export function Button({
  look = "outline",
  size = "m",
  icon,
  busy = false,
  wide = false,
  children,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || busy}
      aria-busy={busy}
      class={classes(styles.button, styles[look], size === "l" && styles.large, wide && styles.wide)}
    >
      {busy ? <span class={styles.spinner} /> : icon !== undefined && <Icon name={icon} size={18} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, "icon" | "size"> {
  icon: IconName;
  label: string;
  size?: number;
  solid?: boolean;
}

export function IconButton({ icon, label, size = 20, solid = false, ...rest }: IconButtonProps) {
  return (
    <button type="button" title={label} {...rest} aria-label={label} class={styles.icon}>
      <Icon name={icon} size={size} solid={solid} />
    </button>
  );
}
