import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import type { AuthScheme } from "../protocol/challenge.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { challengeKey } from "./keys.ts";
import { type Entry, jsonEntry, type Store } from "./store.ts";
import { type Absences, createTieredCache } from "./tiers.ts";

/** The authentication scheme of each registry, so that a request need not be refused first. */
export interface ChallengeCache {
  /** @returns the scheme in memory, or null. */
  peek(registry: string): AuthScheme | null;
  read(registry: string): Promise<AuthScheme | null>;
  write(registry: string, scheme: AuthScheme): void;
}

export interface ChallengeCacheOptions {
  readonly platform: Pick<Platform, "waitUntil">;
  readonly challenges: Memory<AuthScheme>;
  /** The edge cache only: a scheme is not worth a write to KV. */
  readonly edge: Store;
  readonly absences: Absences;
}

/** A refusal reveals a changed scheme; this only limits unused entries. */
const LIFE_SECONDS = 30 * 24 * 60 * 60;

export function createChallengeCache(options: ChallengeCacheOptions): ChallengeCache {
  const { platform, challenges: memory, edge, absences } = options;
  const tiers = createTieredCache<AuthScheme>({
    ...{ memory, edge, absences, waitUntil: platform.waitUntil },
    encode: jsonEntry,
    decode: parseRecord,
    lifeSeconds: () => LIFE_SECONDS,
  });
  return {
    peek: (registry) => tiers.peek(challengeKey(registry)),
    read: (registry) => tiers.read(challengeKey(registry)),
    write: (registry, scheme) => tiers.writeNear(challengeKey(registry), scheme),
  };
}

function parseRecord({ bytes }: Entry): AuthScheme | null {
  const { kind, realm, service = null } = parseJsonObject(bytes) ?? {};
  if (kind === "open" || kind === "basic") return { kind };
  if (kind !== "bearer" || typeof realm !== "string") return null;
  return typeof service === "string" || service === null ? { kind, realm, service } : null;
}
