import { minutesAndSeconds, type WatchRules } from "../../shared/scoring/watch";
import { minutesOf, periodLabel } from "../periods";

/** Counts each period down: `Q3 04:12`. */
export const watch: WatchRules = {
  countsDown: true,
  spanOf: (period, config) => ({ before: 0, length: minutesOf(period, config) * 60 }),
  titleOf: (period, config) => (period === 0 ? "Before play" : periodLabel(period, config)),
  clockAt: (period, played, config) => {
    const remainingS = Math.max(0, minutesOf(period, config) * 60 - played);
    return { display: `${periodLabel(period, config)} ${minutesAndSeconds(remainingS)}`, remainingS };
  },
  readClock: (text) => {
    const down = /(\d{1,2}):(\d{2})$/.exec(text.trim());
    return down === null ? {} : { remainingS: Number(down[1]) * 60 + Number(down[2]) };
  },
};
