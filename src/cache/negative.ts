import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import { RegistryError } from "../protocol/errors.ts";

/** A remembered refusal. */
export interface Refusal {
  readonly error: RegistryError;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/**
 * Remembers refusals of the upstream, so that repeated requests do not reach it. A key names one
 * upstream request, including its method: the refusal of a GET says nothing about a HEAD.
 */
export interface NegativeCache {
  /**
   * Runs `work`, unless it was refused a short time ago.
   *
   * @param remembered a 429 and a timeout, or a missing manifest too.
   * @throws the remembered RegistryError, or whatever `work` throws.
   */
  guard<T>(
    key: string,
    remembered: "limits" | "limits and missing",
    work: () => Promise<T>,
  ): Promise<T>;
  /** @throws the remembered RegistryError if the manifest was missing a short time ago. */
  throwIfMissing(key: string): void;
}

export interface NegativeCacheOptions {
  readonly platform: Pick<Platform, "now">;
  /** Memory only: clients retry within seconds, and in the same data centre. */
  readonly refusals: Memory<Refusal>;
  /** How long a tag is fresh. A missing one may be pushed at any moment. */
  readonly freshSeconds: number;
}

/** Clients repeat a request after a timeout at once. */
const TIMEOUT_SECONDS = 5;
const MAX_MISSING_SECONDS = 60;

export function createNegativeCache(options: NegativeCacheOptions): NegativeCache {
  const { platform, refusals, freshSeconds } = options;
  const { now } = platform;
  const missingSeconds = Math.min(freshSeconds, MAX_MISSING_SECONDS);
  function recall(key: string): RegistryError | null {
    const refusal = refusals.get(key);
    return refusal && refusal.until > now() ? refusal.error : null;
  }
  return {
    async guard(key, remembered, work) {
      const refused = recall(key);
      if (refused !== null) throw refused;
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error;
        const isMissing = error.code === "MANIFEST_UNKNOWN" && remembered !== "limits";
        const seconds = isMissing ? missingSeconds : refusalSeconds(error);
        if (seconds > 0) refusals.set(key, { error, until: now() + seconds * 1000 });
        throw error;
      }
    },
    throwIfMissing(key) {
      const error = recall(key);
      if (error?.code === "MANIFEST_UNKNOWN") throw error;
    },
  };
}

function refusalSeconds({ code, status, retryAfterSeconds }: RegistryError): number {
  if (status === 504) return TIMEOUT_SECONDS;
  return code === "TOOMANYREQUESTS" ? (retryAfterSeconds ?? 0) : 0;
}
