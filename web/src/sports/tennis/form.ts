import type { SportForm } from "../form";

export const form: SportForm = {
  settings: [
    {
      name: "bestOf",
      label: "Best of",
      values: [
        ["3", "Three sets"],
        ["5", "Five sets"],
      ],
    },
    {
      name: "gamesPerSet",
      label: "Games a set",
      values: [
        ["6", "6"],
        ["4", "4 (short sets)"],
      ],
    },
    {
      name: "advantage",
      label: "At 40–40",
      values: [
        ["true", "Advantage"],
        ["false", "The next point wins"],
      ],
    },
    {
      name: "finalSet",
      label: "Final set",
      values: [
        ["tie_break", "Tie-break to 7"],
        ["tie_break_10", "Tie-break to 10"],
        ["match_tie_break", "Match tie-break to 10"],
        ["advantage", "Two games ahead"],
      ],
    },
  ],
  sides: [
    { label: "First player or pair", placeholder: "Ann Abbot" },
    { label: "Second player or pair", placeholder: "Bea Barlow" },
  ],
  competitorType: (names) => (names.some((name) => name.includes("/")) ? "pair" : "athlete"),
  hasLineups: false,
  hasTwoLegs: false,
  shortByInitials: false,
};
