import { lazily } from "../../design/lazily";
import type { SportDefinition } from "../definition";
import { Board } from "./Board";
import { isCharted } from "./charted";
import { form } from "./form";
import { icon } from "./icon";
import { markOf } from "./marks";
import { RowScore } from "./RowScore";
import { words } from "./words";

export const tennis: SportDefinition = {
  name: "Tennis",
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
    name: "Momentum",
    View: lazily(() => import("./Momentum").then((part) => part.Momentum)),
  },
  Lineups: lazily(() => import("./Lineups").then((part) => part.Lineups)),
  form,
  scoring: () => import("./scoring").then((part) => part.scoring),
};
