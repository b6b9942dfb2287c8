import { lazily } from "../../design/lazily";
import type { SportDefinition } from "../definition";
import { Board } from "./Board";
import { isCharted } from "./charted";
import { form } from "./form";
import { icon } from "./icon";
import { markOf } from "./marks";
import { RowScore } from "./RowScore";
import { words } from "./words";

export const cricket: SportDefinition = {
  name: "Cricket",
  icon,
  words,
  markOf,
  isCharted,
  Board,
  boardSentence: "leading",
  RowScore,
  statistics: {
    name: "Scorecard",
    View: lazily(() => import("./Statistics").then((part) => part.Statistics)),
  },
  chart: {
    name: "Overs",
    View: lazily(() => import("./Overs").then((part) => part.Overs)),
  },
  Lineups: lazily(() => import("./Lineups").then((part) => part.Lineups)),
  form,
  scoring: () => import("./scoring").then((part) => part.scoring),
};
