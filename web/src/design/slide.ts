import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

const SLIDE_MS = 320;

/**
 * Lets a list that grows at its top slide down instead of jumping: whoever reads a line keeps it under the eyes.
 *
 * Args:
 *   list: its element; only its own children are looked at.
 *   newest: the key of its first child, undefined while it has none.
 */
export function useSlide(list: RefObject<HTMLElement>, newest: string | undefined): void {
  const first = useRef<Element | null>(null);
  useLayoutEffect(() => {
    const element = list.current;
    const before = first.current;
    first.current = element?.firstElementChild ?? null;
    if (element === null || !(before instanceof HTMLElement) || before.parentElement !== element) return;
    const moved = before.offsetTop - ((first.current as HTMLElement | null)?.offsetTop ?? 0);
    if (moved <= 0 || moved > innerHeight || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    element.animate([{ transform: `translateY(${-moved}px)` }, { transform: "none" }], {
      duration: SLIDE_MS,
      easing: "cubic-bezier(0.2, 0.7, 0.2, 1)",
    });
  }, [newest]);
}
