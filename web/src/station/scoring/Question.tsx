import type { EventOp, Match } from "../../contracts/generated";
import { Button } from "../../design/Button";
import type { SportScoring } from "../../sports/scoring";
import styles from "./Log.module.css";
import type { Job } from "./queue";

interface QuestionProps {
  match: Match;
  job: Job;
  /** What its sport calls an entry, where that is not its type. */
  nounOf: SportScoring["nounOf"];
  onSame: () => void;
  onAnother: () => void;
}

/** What a side's second entry is asked about: kept in the log until it is answered. */
export function Question({ match, job, nounOf, onSame, onAnother }: QuestionProps) {
  if (job.kind !== "add" || job.sameAs === undefined) return null;
  const kind = kindOf(job.op, nounOf);
  return (
    <div class={styles.failed} role="alert">
      <small>{questionOf(match, job, kind)}</small>
      <Button look="outline" onClick={onSame}>
        {`Same ${kind}, leave it`}
      </Button>
      <Button look="quiet" onClick={onAnother}>
        {`Another ${kind}`}
      </Button>
    </div>
  );
}

function kindOf(op: EventOp, nounOf: SportScoring["nounOf"]): string {
  return nounOf?.(op) ?? op.type.replaceAll("_", " ");
}

/** "Anna entered a goal for Harbour 4 s before you. Is it the same?" */
function questionOf(
  match: Pick<Match, "competitors">,
  job: Extract<Job, { kind: "add" }>,
  kind: string,
): string {
  const { op, sameAs } = job;
  const side = match.competitors.find(({ id }) => id === op.competitorId)?.name;
  const seconds = Math.round((op.occurredAt - (sameAs?.occurredAt ?? op.occurredAt)) / 1000);
  const when =
    seconds === 0
      ? "at the same moment as you"
      : seconds > 0
        ? `${seconds} s before you`
        : `${-seconds} s after you`;
  const what = `a ${kind}${side === undefined ? "" : ` for ${side}`}`;
  return `${sameAs?.enteredBy.displayName ?? "Somebody"} entered ${what} ${when}. Is it the same?`;
}
