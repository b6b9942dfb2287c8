import type { Match } from "../../contracts/generated";
import { request } from "../../net/socket";
import { matchRoom } from "../../state/rooms";

/** The version that the match is at now; the page takes what it missed along. */
export async function newestVersion(match: Match): Promise<number> {
  try {
    const snapshot = await request("match:join", { matchId: match.id });
    matchRoom(match.id).apply({ type: "snapshot", snapshot });
    return snapshot.match.version;
  } catch {
    return match.version;
  }
}
