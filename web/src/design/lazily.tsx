import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../design/Button";
import { Empty, Skeleton } from "../design/Empty";

/** A part of a page whose code comes when it is opened first; says so when it does not come. */
export function lazily<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [part, setPart] = useState<{ type: ComponentType<P> | null; failed: boolean }>({
      type: loaded,
      failed: false,
    });
    const fetch = () =>
      load().then(
        (type) => {
          loaded = type;
          setPart({ type, failed: false });
        },
        () => setPart({ type: null, failed: true }),
      );
    useEffect(() => {
      if (loaded === null) void fetch();
    }, []);
    if (part.type !== null) return <part.type {...props} />;
    if (!part.failed) return <Skeleton height="240px" />;
    return (
      <Empty icon="offline" title="This part could not be loaded" compact>
        <p>The connection failed, or the server was updated.</p>
        <Button onClick={() => location.reload()}>Load the page again</Button>
      </Empty>
    );
  };
}
