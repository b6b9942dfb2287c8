import { minutes, teamForm } from "../form";

export const form = teamForm(
  [
    { name: "halfMinutes", label: "A half lasts", values: minutes(45, 40, 35, 30, 25, 20, 15, 10) },
    { name: "extraMinutes", label: "A half of extra time", values: minutes(15, 10, 5) },
  ],
  { hasTwoLegs: true },
);
