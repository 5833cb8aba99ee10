import type { Platform } from "../platform/platform.ts";
import { TimeoutError, withTimeout } from "../platform/timeout.ts";

/** Bytes in a store, with their media type. */
export interface Entry {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** When the entry has to be written to KV again: milliseconds since 1970. */
  readonly rewriteAt?: number;
}

/**
 * A store outside the isolate. It never fails: an entry that cannot be read is absent, an entry
 * that cannot be written is not stored, and the log reports it.
 */
export interface Store {
  read(key: string): Promise<Entry | null>;
  /**
   * @param lifeSeconds after which the store may remove the entry.
   * @returns whether the entry was stored.
   */
  write(key: string, entry: Entry, lifeSeconds: number): Promise<boolean>;
  remove(key: string): Promise<void>;
}

/** Stores nothing. */
export const NO_STORE: Store = {
  read: async () => null,
  write: async () => true,
  remove: async () => {},
};

/** Reports the failure of a store to the log. */
export type ReportFailure = (store: string, operation: string, cause: unknown) => void;

/** Runs an operation of a store. If it fails, the log reports it, and the result is `fallback`. */
export type Attempt = <T>(operation: string, fallback: T, work: () => Promise<T>) => Promise<T>;

/** @param store its name in the log. */
export function createAttempt(store: string, report: ReportFailure): Attempt {
  return async (operation, fallback, work) => {
    try {
      return await work();
    } catch (cause) {
      report(store, operation, cause);
      return fallback;
    }
  };
}

/** Recent behaviour of a store; outlives a request. */
export interface StoreHealth {
  /** Until when the shorter timeout applies: milliseconds since 1970. */
  slowUntil: number;
}

/** Waits for a store. @throws TimeoutError */
export type StoreTimeout = <T>(work: Promise<T>) => Promise<T>;

/** A slower cache is useless: the upstream may be faster. */
export const STORE_TIMEOUT_MS = 2_000;
/** For a store that was too slow a moment ago, so that its delays do not add up. */
const SLOW_STORE_TIMEOUT_MS = 500;
const SLOW_MS = 10_000;

/** @returns the timeout for reads of one store. The read itself is not cancelled. */
export function createStoreTimeout(
  platform: Pick<Platform, "now" | "startTimer">,
  health: StoreHealth,
): StoreTimeout {
  return async (work) => {
    const isSlow = platform.now() < health.slowUntil;
    try {
      return await withTimeout(
        platform,
        isSlow ? SLOW_STORE_TIMEOUT_MS : STORE_TIMEOUT_MS,
        () => work,
      );
    } catch (error) {
      // After this period the full timeout applies again: a distant store is not a broken one.
      if (error instanceof TimeoutError && !isSlow) health.slowUntil = platform.now() + SLOW_MS;
      throw error;
    }
  };
}

/** @returns `value` as a JSON entry. */
export function jsonEntry(value: unknown): Entry {
  return { bytes: new TextEncoder().encode(JSON.stringify(value)), mediaType: "application/json" };
}
