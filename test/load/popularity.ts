import type { Random } from "./random.ts";

/**
 * Popularity as Zipf has it: the n-th of `count` is picked 1/n as often as the first.
 *
 * @returns what picks one of them, from 0 up to, not including, `count`.
 */
export function createZipf(count: number, random: Random): () => number {
  const bounds: number[] = [];
  let total = 0;
  for (let rank = 1; rank <= count; rank += 1) {
    total += 1 / rank;
    bounds.push(total);
  }
  return () => {
    const point = random.next() * total;
    return bounds.findIndex((bound) => point < bound);
  };
}
