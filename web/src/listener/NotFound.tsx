import { useLocation } from "preact-iso";
import { Button } from "../design/Button";
import { Empty } from "../design/Empty";
import { shortened } from "../features/text";
import { useTitle } from "./title";

/** Characters of an address that are shown. */
const ADDRESS_LENGTH = 120;

/** The server says the same of an address that it knows nothing of. */
export function NotFound({ title = "Page not found" }: { title?: string }) {
  const { route, path } = useLocation();
  useTitle(title);
  return (
    <Empty icon="radio" title={title} heading>
      <p>
        There is nothing at <code>{shortened(path, ADDRESS_LENGTH)}</code>, or no longer.
      </p>
      <Button look="primary" onClick={() => route("/")}>
        See who is live
      </Button>
    </Empty>
  );
}
