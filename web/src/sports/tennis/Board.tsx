import type { Competitor, Match, MatchPeriod } from "../../contracts/generated";
import { classes } from "../../design/classes";
import type { BoardProps } from "../definition";
import board from "../shared/Board.module.css";
import { isUnderWay, phaseOf } from "../shared/match";
import { Ticker } from "../shared/Ticker";
import styles from "./Board.module.css";

/** Sets as columns, the points of the game, and who serves. */
export function Board({ match }: BoardProps) {
  const { game } = match;
  const started = phaseOf(match) !== "upcoming" && match.periods.length > 0;
  return (
    <table class={styles.tennis}>
      <caption class="visually-hidden">Score by set</caption>
      <thead class="visually-hidden">
        <tr>
          <th scope="col">Player</th>
          {match.periods.map((period) => (
            <th key={period.number} scope="col">
              Set {period.number}
            </th>
          ))}
          {game !== undefined && <th scope="col">{game.tieBreak ? "Tie-break" : "Game"}</th>}
        </tr>
      </thead>
      <tbody>
        {match.competitors.map((side) => (
          <tr key={side.id} class={classes(hasLost(match, side) && board.lost)}>
            <th scope="row">
              <span class={classes(board.crest, styles.crest)} aria-hidden="true">
                {side.abbreviation}
              </span>
              <span class={board.name}>{side.name}</span>
              {game?.serverId === side.id && (
                <span class={styles.serves}>
                  <span class="visually-hidden">serves</span>
                </span>
              )}
            </th>
            {started &&
              match.periods.map((period) => (
                <td key={period.number} class={classes(won(match, period, side) && styles.won)}>
                  <Games match={match} period={period} side={side} />
                </td>
              ))}
            {game !== undefined && (
              <td class={styles.points}>
                <Ticker value={game.points[side.id] ?? "0"} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `6⁴`: the points of a lost tie-break stand above the games. */
export function Games({ match, period, side }: { match: Match; period: MatchPeriod; side: Competitor }) {
  const games = period.scores[side.id] ?? 0;
  const tieBreak = period.tieBreak?.[side.id];
  const lost = match.competitors.some(({ id }) => (period.scores[id] ?? 0) > games);
  return (
    <>
      <Ticker value={String(games)} />
      {tieBreak !== undefined && lost && (
        <sup>
          <span class="visually-hidden">tie-break </span>
          {tieBreak}
        </sup>
      )}
    </>
  );
}

function hasLost(match: Match, side: Competitor): boolean {
  return match.outcome?.winnerId !== undefined && match.outcome.winnerId !== side.id;
}

/** Whether a side has won a set; the one that is being played is nobody's yet. */
export function won(match: Match, period: MatchPeriod, side: Competitor): boolean {
  if (isUnderWay(match) && period.number === match.clock?.period && match.status !== "break") return false;
  const games = period.scores[side.id] ?? 0;
  return match.competitors.every(({ id }) => id === side.id || (period.scores[id] ?? 0) < games);
}
