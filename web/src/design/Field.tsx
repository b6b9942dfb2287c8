import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import styles from "./Field.module.css";

interface Common {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}

function Frame({ label, hint, error, id, children }: Common & { id: string; children: ComponentChildren }) {
  const note = error ?? hint;
  return (
    <div class={styles.field}>
      <label for={id}>{label}</label>
      {children}
      {note !== undefined && (
        <p id={`${id}-note`} class={error === undefined ? styles.hint : styles.error}>
          {note}
        </p>
      )}
    </div>
  );
}

function described(id: string, { hint, error }: Common) {
  return {
    id,
    class: styles.input,
    "aria-invalid": error === undefined ? undefined : true,
    "aria-describedby": (error ?? hint) === undefined ? undefined : `${id}-note`,
  };
}

export function TextField({
  label,
  hint,
  error,
  ...input
}: Common & Omit<JSX.InputHTMLAttributes<HTMLInputElement>, "label">) {
  const id = useId();
  return (
    <Frame label={label} hint={hint} error={error} id={id}>
      <input {...input} {...described(id, { label, hint, error })} />
    </Frame>
  );
}

export function SelectField({
  label,
  hint,
  error,
  children,
  ...select
}: Common & Omit<JSX.SelectHTMLAttributes<HTMLSelectElement>, "label">) {
  const id = useId();
  return (
    <Frame label={label} hint={hint} error={error} id={id}>
      <select {...select} {...described(id, { label, hint, error })}>
        {children}
      </select>
    </Frame>
  );
}

export function TextAreaField({
  label,
  hint,
  error,
  ...area
}: Common & Omit<JSX.TextareaHTMLAttributes<HTMLTextAreaElement>, "label">) {
  const id = useId();
  const { class: input, ...rest } = described(id, { label, hint, error });
  return (
    <Frame label={label} hint={hint} error={error} id={id}>
      <textarea {...area} {...rest} class={`${input} ${styles.area}`} />
    </Frame>
  );
}

export function CheckField({
  label,
  hint,
  ...input
}: Common & Omit<JSX.InputHTMLAttributes<HTMLInputElement>, "label">) {
  const id = useId();
  return (
    <div class={styles.check}>
      <input
        {...input}
        id={id}
        type="checkbox"
        aria-describedby={hint === undefined ? undefined : `${id}-note`}
      />
      <label for={id}>{label}</label>
      {hint !== undefined && (
        <p id={`${id}-note`} class={styles.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}

export function FormError({ children }: { children: string | null }) {
  return (
    <div role="alert" class={styles.formError} hidden={children === null}>
      {children}
    </div>
  );
}
