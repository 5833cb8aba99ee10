/** What a store keeps: bytes, and what they are. */
export interface Entry {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/**
 * A place that outlives the isolate. It never fails: what cannot be read is not there, what cannot
 * be written is not kept, and the log tells.
 */
export interface Store {
  read(key: string): Promise<Entry | null>;
  /** @param lifeSeconds after which the entry may be forgotten. */
  write(key: string, entry: Entry, lifeSeconds: number): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Keeps nothing. */
export const NO_STORE: Store = {
  read: async () => null,
  write: async () => {},
  delete: async () => {},
};

/** Tells the log that a store failed. */
export type ReportFailure = (store: string, operation: string, cause: unknown) => void;

/** @returns `value` as an entry. */
export function jsonEntry(value: unknown): Entry {
  return { bytes: new TextEncoder().encode(JSON.stringify(value)), mediaType: "application/json" };
}
