import { lazily } from "../../design/lazily";
import type { SportDefinition } from "../definition";
import { RowScore } from "../shared/RowScore";
import { Board } from "./Board";
import { isCharted } from "./charted";
import { form } from "./form";
import { icon } from "./icon";
import { markOf } from "./marks";
import { words } from "./words";

export const football: SportDefinition = {
  name: "Football",
  icon,
  words,
  markOf,
  isCharted,
  Board,
  boardSentence: "centred",
  RowScore,
  statistics: {
    name: "Statistics",
    View: lazily(() => import("./Statistics").then((part) => part.Statistics)),
  },
  chart: {
    name: "Timeline",
    View: lazily(() => import("./Minutes").then((part) => part.Minutes)),
  },
  Lineups: lazily(() => import("./Lineups").then((part) => part.Lineups)),
  form,
  scoring: () => import("./scoring").then((part) => part.scoring),
};
