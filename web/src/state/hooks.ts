import { useEffect } from "preact/hooks";
import { type ChannelRoom, channelRoom, type MatchRoom, matchRoom } from "./rooms";

/** Hold a channel's room while the component is on the page; `studio` is for the station's own pages. */
export function useChannelRoom(channelId: string, studio = false): ChannelRoom {
  const room = channelRoom(channelId, studio);
  useEffect(() => room.hold(), [room]);
  return room;
}

/** Hold a match's room while the component is on the page. */
export function useMatchRoom(matchId: string): MatchRoom {
  const room = matchRoom(matchId);
  useEffect(() => room.hold(), [room]);
  return room;
}
