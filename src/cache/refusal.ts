import { RegistryError } from "../protocol/errors.ts";
import type { Memory } from "./memory.ts";

/** A failure that need not be asked for again for a while. */
export interface Refusal {
  readonly error: RegistryError;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface RefusalCache {
  /** @throws the remembered RegistryError if what is asked for was not there a short time ago. */
  throwIfMissing(key: string): void;
  /**
   * Does `work`, unless it was refused a short time ago.
   *
   * @param key what is asked for, and in which Accept class.
   * @throws the remembered RegistryError, or what `work` throws.
   */
  guard<T>(key: string, work: () => Promise<T>): Promise<T>;
  /** As `guard`, but remembers a 429 alone: what is not there now may be there at once. */
  guardLimit<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export interface RefusalDeps {
  readonly memory: Memory<Refusal>;
  readonly now: () => number;
  /** How long a manifest that is not there is not asked for again. */
  readonly missingSeconds: number;
}

/** In memory only: clients retry within seconds, and through the same data centre. */
export function createRefusalCache({ memory, now, missingSeconds }: RefusalDeps): RefusalCache {
  function recall(key: string): RegistryError | null {
    const refusal = memory.get(key);
    return refusal && refusal.until > now() ? refusal.error : null;
  }
  function remember(key: string, error: RegistryError, seconds: number): void {
    if (seconds > 0) memory.set(key, { error, until: now() + seconds * 1000 });
  }
  function guardFor(lifeSeconds: (error: RegistryError) => number): RefusalCache["guard"] {
    return async (key, work) => {
      const refused = recall(key);
      if (refused !== null) throw refused;
      try {
        return await work();
      } catch (error) {
        if (error instanceof RegistryError) remember(key, error, lifeSeconds(error));
        throw error;
      }
    };
  }
  return {
    throwIfMissing(key) {
      const error = recall(key);
      if (error?.code === "MANIFEST_UNKNOWN") throw error;
    },
    guard: guardFor((error) =>
      error.code === "MANIFEST_UNKNOWN" ? missingSeconds : limitSeconds(error),
    ),
    guardLimit: guardFor(limitSeconds),
  };
}

function limitSeconds({ code, retryAfterSeconds }: RegistryError): number {
  return code === "TOOMANYREQUESTS" ? (retryAfterSeconds ?? 0) : 0;
}
