const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/** Wait before attempt number `attempt` (from 0): doubled each time, spread so that listeners do not return as one. */
export function retryDelay(attempt: number, random: () => number = Math.random): number {
  const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
  return delay * (0.5 + random() / 2);
}
