import type { RegistryError } from "../protocol/errors.ts";

/** What the log is to know of a request; filled in on the way, as soon as it is known. */
export interface LogEntry {
  /** The path without any secret; null if the request was not let in. */
  path: string | null;
  /** The name of the lock that opened, or null. */
  lock: string | null;
  /** The name of the registry, or null. */
  registry: string | null;
  /** The repository there, or null. */
  image: string | null;
  /** A tag or a digest, or null. */
  reference: string | null;
  /** Why there was no success, or null. */
  error: RegistryError | null;
}

/** @returns an entry that knows nothing yet. */
export function createLogEntry(): LogEntry {
  return { path: null, lock: null, registry: null, image: null, reference: null, error: null };
}
