/** Work under way in an isolate, by key. */
export type Flights = Map<string, Promise<unknown>>;

export interface FlightDeps {
  readonly flights: Flights;
  /** Keeps work going when its request is cancelled. */
  readonly later: (work: Promise<unknown>) => void;
  readonly startTimer: (ms: number, fire: () => void) => () => void;
  /** How long to wait for another request's work before doing it oneself. */
  readonly patienceMs: number;
}

/** Runs `work`, or waits for the same work that another request has under way. */
export type Share = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/**
 * One at a time for each key. The work of a request that the platform ended may never settle, so
 * nobody waits for it longer than `patienceMs`. Results are plain data: a stream belongs to the
 * request that opened it.
 */
export function createShare(deps: FlightDeps): Share {
  const { flights, later } = deps;
  return async function share<T>(key: string, work: () => Promise<T>): Promise<T> {
    for (let leader = flights.get(key); leader; leader = flights.get(key)) {
      const result = await waitFor(leader as Promise<T>, deps);
      if (result !== null) return result.value;
      if (flights.get(key) === leader) flights.delete(key);
    }
    const own = work();
    flights.set(key, own);
    const ended = own
      .catch(() => {})
      .then(() => {
        if (flights.get(key) === own) flights.delete(key);
      });
    later(ended);
    return own;
  };
}

/** @returns null if it took too long. */
async function waitFor<T>(work: Promise<T>, deps: FlightDeps): Promise<{ value: T } | null> {
  const { promise: tooLong, resolve } = Promise.withResolvers<null>();
  const stopTimer = deps.startTimer(deps.patienceMs, () => resolve(null));
  const done = work.then((value) => ({ value }));
  return Promise.race([done, tooLong]).finally(stopTimer);
}
