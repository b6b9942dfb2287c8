import type { AdminOverview } from "../contracts/generated";

/** A figure over time; the newest last. */
export type Series = readonly { at: number; value: number }[];

/** Five minutes of one point a second: what a small chart can show. */
export const SERIES_BOUND = 300;

/** Add one point; a point that is not newer than the last changes nothing. */
export function appended(series: Series, at: number, value: number): Series {
  const last = series.at(-1);
  if (last !== undefined && last.at >= at) return series;
  return [...series, { at, value }].slice(-SERIES_BOUND);
}

export interface OverviewState {
  now: AdminOverview | null;
  connections: Series;
  listeners: Series;
  eventsIn: Series;
  eventsOut: Series;
}

export const emptyOverview: OverviewState = {
  now: null,
  connections: [],
  listeners: [],
  eventsIn: [],
  eventsOut: [],
};

export function overviewReducer(state: OverviewState, next: AdminOverview): OverviewState {
  if (state.now !== null && next.at < state.now.at) return state;
  return {
    now: next,
    connections: appended(state.connections, next.at, next.connections),
    listeners: appended(state.listeners, next.at, next.listeners),
    eventsIn: appended(state.eventsIn, next.at, next.eventsInPerS),
    eventsOut: appended(state.eventsOut, next.at, next.eventsOutPerS),
  };
}
