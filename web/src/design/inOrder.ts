import { useLayoutEffect, useRef } from "preact/hooks";

/**
 * Lets a page appear from the top down (see base.css) until all of it is there for the first time. What loads later, as
 * a match that is linked during a show, hides nothing that somebody reads or writes.
 */
export function useInOrder<E extends HTMLElement>() {
  const element = useRef<E>(null);
  useLayoutEffect(() => {
    const page = element.current;
    if (page === null) return;
    page.dataset.coming = "";
    const look = () => {
      if (page.querySelector("[data-loading]") !== null) return;
      delete page.dataset.coming;
      watch.disconnect();
    };
    const watch = new MutationObserver(look);
    watch.observe(page, { childList: true, subtree: true });
    look();
    return () => watch.disconnect();
  }, []);
  return element;
}
