/** What a store keeps: bytes, and what they are. */
export interface Entry {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** When it is to be written anew to the store that lasts: milliseconds since 1970; 0 if at once. */
  readonly dueAt?: number;
}

/**
 * A place that outlives the isolate. It never fails: what cannot be read is not there, what cannot
 * be written is not kept, and the log tells.
 */
export interface Store {
  read(key: string): Promise<Entry | null>;
  /**
   * @param lifeSeconds after which the entry may be forgotten.
   * @returns whether it was taken.
   */
  write(key: string, entry: Entry, lifeSeconds: number): Promise<boolean>;
  delete(key: string): Promise<void>;
}

/** Keeps nothing. */
export const NO_STORE: Store = {
  read: async () => null,
  write: async () => true,
  delete: async () => {},
};

/** Tells the log that a store failed. */
export type ReportFailure = (store: string, operation: string, cause: unknown) => void;

/** @returns `value` as an entry. */
export function jsonEntry(value: unknown): Entry {
  return { bytes: new TextEncoder().encode(JSON.stringify(value)), mediaType: "application/json" };
}
