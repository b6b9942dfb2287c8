import { lazily } from "../../design/lazily";
import type { SportDefinition } from "../definition";
import { RowScore } from "../shared/RowScore";
import { Board } from "./Board";
import { isCharted } from "./charted";
import { form } from "./form";
import { icon } from "./icon";
import { markOf } from "./marks";
import { words } from "./words";

export const basketball: SportDefinition = {
  name: "Basketball",
  icon,
  words,
  markOf,
  isCharted,
  Board,
  boardSentence: "centred",
  RowScore,
  statistics: {
    name: "Box score",
    View: lazily(() => import("./Statistics").then((part) => part.Statistics)),
  },
  chart: {
    name: "Game flow",
    View: lazily(() => import("./Flow").then((part) => part.Flow)),
  },
  Lineups: lazily(() => import("./Lineups").then((part) => part.Lineups)),
  form,
  scoring: () => import("./scoring").then((part) => part.scoring),
};
