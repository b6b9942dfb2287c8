import { computed, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Action } from "../../sports/shared/scoring/actions";

const KEY = "touchline.keys";

function stored(): boolean {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

/** Whether single keys enter something; some people's hands or dictation would press them unasked. */
export const keysOn = signal(stored());

/** A keyboard is expected beside a mouse; a tablet shows by its first key that it has one. */
const hasKeyboard = signal(
  typeof matchMedia === "function" && matchMedia("(hover: hover) and (pointer: fine)").matches,
);

/** Whether keys are named on the page. */
export const legends = computed(() => keysOn.value && hasKeyboard.value);

if (typeof document === "object") {
  hasKeyboard.subscribe((has) => document.documentElement.toggleAttribute("data-keyboard", has));
  // Keyboards on the screen name no physical key.
  document.addEventListener("keydown", ({ code }) => {
    if (code !== "") hasKeyboard.value = true;
  });
}

export function setKeys(on: boolean): void {
  keysOn.value = on;
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // The next page then begins with keys again.
  }
}

/** What a press means, whatever the layout makes of a digit with shift. */
export function pressed(event: KeyboardEvent): string {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  return digit?.[1] ?? event.key.toLowerCase();
}

export function actionOf(actions: readonly Action[], event: KeyboardEvent): Action | undefined {
  const key = pressed(event);
  return actions.find((action) => action.key === key && (action.shift ?? false) === event.shiftKey);
}

const TYPED = new Set(["INPUT", "TEXTAREA", "SELECT"]);

/** Calls `press` for keys that nobody types into something, and while no dialog is open. */
export function useKeys(press: (event: KeyboardEvent) => boolean): void {
  const latest = useRef(press);
  latest.current = press;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.defaultPrevented || event.isComposing || TYPED.has(target.tagName)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      if (event.key === " " && target.closest("button, a, summary") !== null) return;
      if (latest.current(event)) event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

/** A key as the legend shows it. */
export function legend(action: Pick<Action, "key" | "shift">): string {
  const key = action.key?.toUpperCase() ?? "";
  return action.shift ? `⇧${key}` : key;
}
