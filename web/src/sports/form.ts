/** What the form of a new match asks for in a sport. */

/** A setting of a sport's rules. `values`: what can be chosen, the usual first. */
export interface Setting {
  name: string;
  label: string;
  values: readonly (readonly [value: string, text: string])[];
  /** What a choice says to the server, where that is not the setting's own name and value. */
  configOf?: (value: string) => Record<string, unknown>;
}

export interface SportForm {
  settings: readonly Setting[];
  /** How the form calls the two sides, and an example of each. */
  sides: readonly [SideField, SideField];
  /** What a side is, by the names of both. */
  competitorType: (names: readonly [string, string]) => "team" | "athlete" | "pair";
  /** Whether sides have players who can be listed. */
  hasLineups: boolean;
  /** Whether ties have two legs. */
  hasTwoLegs: boolean;
  /** Whether a side's short name is made of initials (`SA` of South Africa) and not of its beginning. */
  shortByInitials: boolean;
}

interface SideField {
  label: string;
  placeholder: string;
}

/** The form of a sport of teams; what a sport has besides goes into `more`. */
export function teamForm(settings: readonly Setting[], more: Partial<SportForm> = {}): SportForm {
  return {
    settings,
    sides: [
      { label: "Home", placeholder: "Harbour Athletic" },
      { label: "Away", placeholder: "Castle Vale" },
    ],
    competitorType: () => "team",
    hasLineups: true,
    hasTwoLegs: false,
    shortByInitials: false,
    ...more,
  };
}

export const minutes = (...values: number[]) => values.map((n) => [String(n), `${n} min`] as const);
