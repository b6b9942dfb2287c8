import type { Corrections, Detail } from "../../scoring";

const extra = (name: string, label: string): Detail => ({ path: ["extras", name], label, kind: "number" });

export const corrections: Corrections = {
  details: {
    penalty_runs: [{ path: ["runs"], label: "Runs", kind: "number" }],
    ball: [
      { path: ["batterRuns"], label: "Runs off the bat", kind: "number" },
      extra("wides", "Wides"),
      extra("noballs", "No-balls"),
      extra("byes", "Byes"),
      extra("legbyes", "Leg byes"),
      { path: ["over"], label: "Over, from 0", kind: "number" },
      { path: ["nonBoundary"], label: "Four or six all run", kind: "flag" },
    ],
  },
  roles: { batter: "Striker", non_striker: "Non-striker", bowler: "Bowler", fielder: "Fielder" },
  possible: { ball: ["batter", "non_striker", "bowler"] },
  otherSide: new Set(["bowler", "fielder"]),
};
