import { minutes, teamForm } from "../form";

export const form = teamForm([
  {
    name: "periods",
    label: "Played in",
    values: [
      ["4", "Four quarters"],
      ["2", "Two halves"],
    ],
  },
  { name: "periodMinutes", label: "Each lasts", values: minutes(10, 12, 20, 8, 6) },
  { name: "overtimeMinutes", label: "Overtime", values: minutes(5, 4, 3) },
]);
