import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import { parseJsonObject } from "../protocol/json.ts";
import type { Token, TokenIdentity } from "../protocol/token.ts";
import { tokenKey } from "./keys.ts";
import { type Entry, jsonEntry, type Store } from "./store.ts";
import { type Absences, createTieredCache } from "./tiers.ts";

/** Tokens until they expire. They are secrets, so they are never in the edge cache. */
export interface TokenCache {
  /** @returns a valid token in memory, or null. */
  peek(identity: TokenIdentity): Token | null;
  /** @returns a valid token, or null. */
  read(identity: TokenIdentity): Promise<Token | null>;
  /** Writes a token to memory. */
  write(identity: TokenIdentity, token: Token): void;
  /**
   * Writes a token that the registry has accepted to KV, for the other isolates that take part in a
   * pull: once a day for each repository, since writes are scarce.
   */
  persist(identity: TokenIdentity, token: Token): void;
}

export interface TokenCacheOptions {
  readonly platform: Pick<Platform, "now" | "waitUntil">;
  readonly tokens: Memory<HeldToken>;
  readonly kv: Store;
  readonly absences: Absences;
}

/** A token in memory. */
export interface HeldToken extends Token {
  /** When this token, or an expired one, was written to KV: milliseconds since 1970; or 0. */
  readonly persistedAt: number;
}

/** For the key and the objects around the token. */
const OVERHEAD_BYTES = 1_024;

/** @returns the memory that a token takes, in bytes. */
export function weighToken({ value }: HeldToken): number {
  return value.length + OVERHEAD_BYTES;
}

/** Longer than most tokens are valid: the record also shows when it was written. */
const RECORD_SECONDS = 24 * 60 * 60;

export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const { platform, tokens: memory, kv, absences } = options;
  const { now, waitUntil } = platform;
  const isValid = (token: Token) => token.expiresAt > now();
  const isPersisted = ({ persistedAt }: HeldToken) => now() - persistedAt < RECORD_SECONDS * 1000;
  const tiers = createTieredCache<HeldToken>({
    ...{ memory, kv, waitUntil },
    encode: jsonEntry,
    decode: parseRecord,
    lifeSeconds: () => RECORD_SECONDS,
  });
  function peek(identity: TokenIdentity): HeldToken | null {
    const held = tiers.peek(memoryKey(identity));
    return held !== null && isValid(held) ? held : null;
  }
  return {
    peek,
    async read(identity) {
      const held = peek(identity);
      const key = memoryKey(identity);
      if (held !== null || absences.has(key)) return held;
      const stored = await tiers.readKv(await tokenKey(identity));
      if (stored === null) absences.add(key);
      // An expired token shows that another write is not due.
      else memory.set(key, stored);
      return stored !== null && isValid(stored) ? stored : null;
    },
    write(identity, token) {
      const key = memoryKey(identity);
      const last = memory.get(key);
      // A refused token is replaced in KV too, an expired one is not.
      const persistedAt = last !== undefined && !isValid(last) ? last.persistedAt : 0;
      memory.set(key, { ...token, persistedAt });
    },
    persist(identity, token) {
      const key = memoryKey(identity);
      const held = memory.get(key);
      if (!isValid(token) || (held !== undefined && isPersisted(held))) return;
      const persisted = { ...token, persistedAt: now() };
      memory.set(key, persisted);
      waitUntil(
        tokenKey(identity)
          .then((kvKey) => tiers.writeKv(kvKey, persisted))
          .then((isStored) => {
            const isCurrent = memory.get(key) === persisted;
            if (!isStored && isCurrent) memory.set(key, { ...token, persistedAt: 0 });
          }),
      );
    },
  };
}

/** In memory the identity itself is the key, so that a hit needs no hash. */
function memoryKey(identity: TokenIdentity): string {
  const { registry, username, realm, service, scope } = identity;
  return JSON.stringify([registry, username, realm, service, scope]);
}

function parseRecord({ bytes }: Entry): HeldToken | null {
  const { value, expiresAt, persistedAt } = parseJsonObject(bytes) ?? {};
  if (typeof value !== "string" || typeof expiresAt !== "number") return null;
  return typeof persistedAt === "number" ? { value, expiresAt, persistedAt } : null;
}
