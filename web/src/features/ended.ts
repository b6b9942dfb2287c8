import { asSentence } from "../net/words";

/** Why a show ended, by the server's own codes; anything else is what an administrator wrote. */
const REASONS: Record<string, string> = {
  stopped: "",
  owner_gone: "The sound and the station stayed away.",
  source_lost: "The sound was lost.",
  admin: "An administrator stopped it.",
};

/** A sentence for people, empty where there is nothing to say. */
export function endedBecause(reason: string): string {
  const known = REASONS[reason];
  if (known !== undefined) return known;
  // A code of a newer server: not for people.
  if (/^[a-z]+(_[a-z]+)+$/.test(reason)) return "";
  return asSentence(`An administrator stopped it because: ${reason.trim()}`);
}
