/** What roles are called in every sport that has them. */
export const ROLES: Readonly<Record<string, string>> = {
  player: "Player",
  player_in: "Comes on",
  player_out: "Out, or goes off",
};
