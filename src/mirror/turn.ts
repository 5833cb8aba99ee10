/* One run of the cron trigger may not reach everything: each hour another item comes first. */

const HOUR_MS = 60 * 60 * 1000;

/** @returns the hour, counted from 1970: which run of the cron trigger this is. */
export function hourOf(now: number): number {
  return Math.floor(now / HOUR_MS);
}

/**
 * A registry is the first of a run, and so surely has its share, once in as many hours as there are
 * registries.
 *
 * @returns how often each of them has been the first: that goes up by one from time to time, so
 * that no tag is left out.
 */
export function turnOf(hour: number, registries: number): number {
  return Math.floor(hour / registries);
}

/** @returns the items, beginning `step` further at each turn: one run may not reach them all. */
export function inTurn<T>(items: readonly T[], turn: number, step = 1): readonly T[] {
  const start = items.length === 0 ? 0 : (turn * step) % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
