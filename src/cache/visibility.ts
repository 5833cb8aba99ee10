import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import { parseJsonObject } from "../protocol/json.ts";
import { type Entry, jsonEntry, type Store } from "./store.ts";
import { type Absences, createTieredCache } from "./tiers.ts";

/** Whether anonymous clients may pull from a repository, at the last check. */
export interface Visibility {
  readonly isPublic: boolean;
  /** Milliseconds since 1970. */
  readonly checkedAt: number;
  /** After a failed check, the result is valid until this time: milliseconds since 1970. */
  readonly extendedUntil?: number;
}

export interface VisibilityCache {
  /** @returns the result in memory, however old, or null. */
  peek(key: string): Visibility | null;
  /** @returns the newest known result, however old, or null. */
  read(key: string): Promise<Visibility | null>;
  isFresh(visibility: Visibility): boolean;
  /** Whether the result may be used while the upstream fails. */
  isUsableWhenStale(visibility: Visibility): boolean;
  write(key: string, isPublic: boolean): Visibility;
  /** Records a failed check: for a moment, requests use the expired result without another one. */
  recordFailure(key: string, visibility: Visibility): void;
}

export interface VisibilityCacheOptions {
  readonly platform: Pick<Platform, "now" | "waitUntil">;
  readonly visibility: Memory<Visibility>;
  readonly edge: Store;
  readonly kv: Store;
  readonly absences: Absences;
  /** How long after its check a result may be used while the upstream fails. */
  readonly staleSeconds: number;
}

const PUBLIC_SECONDS = 7 * 24 * 60 * 60;
/** Short, since an owner who publishes a repository expects to see it; in memory only. */
const PRIVATE_SECONDS = 60;
const EXTENSION_SECONDS = 30;

export function createVisibilityCache(options: VisibilityCacheOptions): VisibilityCache {
  const { platform, visibility: memory, staleSeconds } = options;
  const { now, waitUntil } = platform;
  const isFresh = (visibility: Visibility) =>
    now() - visibility.checkedAt < lifeMs(visibility) || now() < (visibility.extendedUntil ?? 0);
  const tiers = createTieredCache<Visibility>({
    ...{ ...options, memory, waitUntil },
    encode: jsonEntry,
    decode: parseRecord,
    lifeSeconds: ({ checkedAt }) =>
      Math.max(PUBLIC_SECONDS, staleSeconds) - (now() - checkedAt) / 1000,
    isNewer: (a, b) => a.checkedAt > b.checkedAt,
  });
  return {
    peek: tiers.peek,
    read: (key) => tiers.read(key, isFresh),
    isFresh,
    isUsableWhenStale: ({ checkedAt }) => now() - checkedAt < staleSeconds * 1000,
    write(key, isPublic) {
      const visibility = { isPublic, checkedAt: now() };
      const wasPublic = tiers.peek(key)?.isPublic ?? false;
      if (isPublic) {
        tiers.writeNear(key, visibility);
        waitUntil(tiers.writeKv(key, visibility));
      } else {
        if (wasPublic) tiers.remove(key);
        memory.set(key, visibility);
      }
      return visibility;
    },
    recordFailure(key, visibility) {
      const end = visibility.checkedAt + staleSeconds * 1000;
      const extendedUntil = Math.min(now() + EXTENSION_SECONDS * 1000, end);
      memory.set(key, { ...visibility, extendedUntil });
    },
  };
}

function lifeMs({ isPublic }: Visibility): number {
  return (isPublic ? PUBLIC_SECONDS : PRIVATE_SECONDS) * 1000;
}

/** Only public results are stored outside the isolate. */
function parseRecord({ bytes }: Entry): Visibility | null {
  const { isPublic, checkedAt } = parseJsonObject(bytes) ?? {};
  return isPublic === true && typeof checkedAt === "number" ? { isPublic, checkedAt } : null;
}
