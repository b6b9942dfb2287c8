import { useEffect } from "preact/hooks";

/** Name the page in the browser's tab; null is the home page. */
export function useTitle(title: string | null): void {
  useEffect(() => {
    document.title = title === null ? "Touchline: live sports radio" : `${title} · Touchline`;
  }, [title]);
}
