import { teamForm } from "../form";

export const form = teamForm(
  [
    {
      name: "format",
      label: "Format",
      values: [
        ["20", "20 overs a side"],
        ["50", "50 overs a side"],
        ["40", "40 overs a side"],
        ["10", "10 overs a side"],
        ["5", "5 overs a side"],
        ["days", "By days, two innings a side"],
        ["day", "One day, one innings a side"],
      ],
      configOf: (value) =>
        value === "days" ? { inningsPerSide: 2 } : value === "day" ? {} : { overs: Number(value) },
    },
    {
      name: "ballsPerOver",
      label: "Balls an over",
      values: [
        ["6", "6"],
        ["5", "5"],
        ["8", "8"],
      ],
    },
    {
      name: "wickets",
      label: "All out at",
      values: [10, 9, 8, 7, 6, 5].map((n) => [String(n), `${n} wickets`] as const),
    },
  ],
  { shortByInitials: true },
);
