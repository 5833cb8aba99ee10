/** More than an isolate has under way; then what is too old is forgotten. */
const MAX_FLIGHTS = 1_000;

/** For one whose request has ended, and for who took over. A third would make a queue of many. */
const MAX_WAITS = 2;

/** Work under way. */
interface Flight {
  readonly work: Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Work under way in an isolate, by key. */
export type Flights = Map<string, Flight>;

export interface FlightDeps {
  readonly flights: Flights;
  /** Keeps work going when its request is cancelled. */
  readonly later: (work: Promise<unknown>) => void;
  readonly now: () => number;
  readonly startTimer: (ms: number, fire: () => void) => () => void;
  /** How old another request's work may become before one does it oneself. */
  readonly patienceMs: number;
}

/** Runs `work`, or waits for the same work that another request has under way. */
export type Share = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/**
 * One at a time for each key. The work of a request that the platform ended may never settle, so
 * nobody waits for work that is older than `patienceMs`. Results are plain data: a stream belongs
 * to the request that opened it.
 */
export function createShare(deps: FlightDeps): Share {
  const { flights, later, now } = deps;
  return async function share<T>(key: string, work: () => Promise<T>): Promise<T> {
    for (let waits = 0; waits < MAX_WAITS; waits++) {
      const leader = flights.get(key);
      if (leader === undefined) break;
      const result = await waitFor<T>(leader, deps);
      if (result !== null) return result.value;
      if (flights.get(key) === leader) flights.delete(key);
    }
    if (flights.size >= MAX_FLIGHTS) forgetOld(deps);
    const own = { work: work(), startedAt: now() };
    flights.set(key, own);
    const end = () => {
      if (flights.get(key) === own) flights.delete(key);
    };
    later(own.work.then(end, end));
    return own.work;
  };
}

/** Work that the platform ended never ends by itself. */
function forgetOld({ flights, now, patienceMs }: FlightDeps): void {
  for (const [key, { startedAt }] of flights) {
    if (now() - startedAt > patienceMs) flights.delete(key);
  }
}

/** @returns null if it took too long. */
async function waitFor<T>(flight: Flight, deps: FlightDeps): Promise<{ value: T } | null> {
  const restMs = flight.startedAt + deps.patienceMs - deps.now();
  if (restMs <= 0) return null;
  const { promise: tooLong, resolve } = Promise.withResolvers<null>();
  const stopTimer = deps.startTimer(restMs, () => resolve(null));
  const done = (flight.work as Promise<T>).then((value) => ({ value }));
  return Promise.race([done, tooLong]).finally(stopTimer);
}
