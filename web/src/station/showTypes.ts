/** Kinds of shows: the word on the wire, and how people read it. */
export const SHOW_TYPES = [
  ["live_commentary", "Live commentary"],
  ["pre_match", "Before the match"],
  ["post_match", "After the match"],
  ["talk", "Talk"],
  ["phone_in", "Phone-in"],
  ["music", "Music"],
  ["news", "News"],
] as const;
