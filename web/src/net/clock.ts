import { signal } from "@preact/signals";

/** The moments of one heartbeat: sent and answered by this device's clock, and the server's time between. */
export interface Sample {
  sentAt: number;
  serverTime: number;
  answeredAt: number;
}

interface Estimate {
  offset: number;
  roundTrip: number;
  takenAt: number;
}

/** A sample counts less with age, as two clocks drift apart (20 ms of round trip per minute). */
const AGE_COST = 20 / 60_000;

/** Cristian's algorithm, keeping the sample with the shortest round trip, as NTP's clock filter does. */
export function better(known: Estimate | null, sample: Sample): Estimate {
  const roundTrip = sample.answeredAt - sample.sentAt;
  const offset = sample.serverTime + roundTrip / 2 - sample.answeredAt;
  const fresh = { offset, roundTrip, takenAt: sample.answeredAt };
  if (known === null) return fresh;
  const aged = known.roundTrip + (sample.answeredAt - known.takenAt) * AGE_COST;
  return roundTrip <= aged ? fresh : known;
}

const estimate = signal<Estimate | null>(null);

export function synchronise(sample: Sample): void {
  estimate.value = better(estimate.peek(), sample);
}

/** The server's Unix time in milliseconds, as well as this page knows it. */
export function serverNow(): number {
  return Date.now() + (estimate.peek()?.offset ?? 0);
}
