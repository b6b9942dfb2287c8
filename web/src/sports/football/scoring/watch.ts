import type { Config, WatchRules } from "../../shared/scoring/watch";
import { PERIOD_TITLES, periodsOf } from "../periods";

function spanOf(period: number, config: Config): { before: number; length: number } {
  const planned = periodsOf(config);
  const found = planned.find(({ number }) => number === Math.max(1, period));
  if (found !== undefined) return { before: found.before * 60, length: found.length * 60 };
  const last = planned.at(-1);
  return { before: last === undefined ? 0 : (last.before + last.length) * 60, length: 0 };
}

/** Counts through the match; minutes beyond a half are stoppage: `45+2'`. */
export const watch: WatchRules = {
  countsDown: false,
  spanOf,
  titleOf: (period) => PERIOD_TITLES[period] ?? "",
  clockAt: (period, played, config) => {
    const { before, length } = spanOf(period, config);
    const minute = Math.floor(played / 60) + 1;
    const whole = length / 60;
    const display =
      minute <= whole ? `${before / 60 + minute}'` : `${(before + length) / 60}+${minute - whole}'`;
    return { display, playedS: played };
  },
  readClock: (text, period, config) => {
    const minute = /^(\d{1,3})(?:\+(\d{1,2}))?'?$/.exec(text.trim());
    if (minute === null) return {};
    const played = (Number(minute[1]) + Number(minute[2] ?? 0) - 1) * 60 - spanOf(period, config).before;
    return played < 0 ? {} : { playedS: played };
  },
};
