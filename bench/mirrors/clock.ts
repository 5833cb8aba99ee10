/** A clock that can be put forward. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** How far it is before the machine's clock, in milliseconds. */
  ahead(): number;
  putForward(ms: number): void;
}

/** A clock that tells the machine's time as yet. */
export function createClock(): Clock {
  let aheadMs = 0;
  return {
    now: () => Date.now() + aheadMs,
    ahead: () => aheadMs,
    putForward: (ms) => {
      aheadMs += ms;
    },
  };
}
