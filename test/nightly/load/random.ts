/** A repeatable random source: equal seeds make equal sequences. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** Whether something of this probability happens. */
  happens(probability: number): boolean;
}

const STEP = 0x9e3779b9;

/** @param seed a whole number; its lowest 32 bits count. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  // The finalizer of MurmurHash3 over a counter, known as splitmix32.
  const next = () => {
    state = (state + STEP) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    happens: (probability) => next() < probability,
  };
}

/**
 * Zipf popularity: the n-th of `count` is picked 1/n as often as the first.
 *
 * @returns a function that picks one of them, from 0 up to, not including, `count`.
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
