import type { Memory } from "../platform/memory.ts";
import type { Platform } from "../platform/platform.ts";
import { parseJsonObject } from "../protocol/json.ts";
import type { Token, TokenIdentity } from "../protocol/token.ts";
import { tokenKey } from "./keys.ts";
import { type Entry, jsonEntry, type Store } from "./store.ts";
import { createTieredCache } from "./tiers.ts";

/** Tokens until they expire. They are secrets, so they are never in the edge cache. */
export interface TokenCache {
  /** @returns a valid token in memory, or null. */
  peek(identity: TokenIdentity): Token | null;
  /** @returns a valid token, or null. */
  read(identity: TokenIdentity): Promise<Token | null>;
  /** Writes a token to memory. */
  write(identity: TokenIdentity, token: Token): void;
  /**
   * Writes a token that the registry has accepted to KV, for other isolates. The successor of a
   * token of the same isolate is not worth a write.
   */
  persist(identity: TokenIdentity, token: Token): void;
}

export interface TokenCacheOptions {
  readonly platform: Pick<Platform, "now" | "waitUntil">;
  readonly memory: Memory<HeldToken>;
  readonly kv: Store;
}

/** A token in memory. */
export interface HeldToken extends Token {
  /** Whether KV has this token or had its predecessor. */
  readonly isPersisted: boolean;
}

export function createTokenCache({ platform, memory, kv }: TokenCacheOptions): TokenCache {
  const { now, waitUntil } = platform;
  const isValid = (token: Token) => token.expiresAt > now();
  const tiers = createTieredCache<HeldToken>({
    ...{ memory, kv, waitUntil },
    encode: ({ value, expiresAt }) => jsonEntry({ value, expiresAt }),
    decode: parseRecord,
    lifeSeconds: ({ expiresAt }) => (expiresAt - now()) / 1000,
  });
  function peek(identity: TokenIdentity): HeldToken | null {
    const held = tiers.peek(memoryKey(identity));
    return held !== null && isValid(held) ? held : null;
  }
  return {
    peek,
    async read(identity) {
      const held = peek(identity);
      if (held !== null) return held;
      const stored = await tiers.readKv(await tokenKey(identity));
      if (stored === null || !isValid(stored)) return null;
      memory.set(memoryKey(identity), stored);
      return stored;
    },
    write(identity, token) {
      const key = memoryKey(identity);
      const last = memory.get(key);
      // A refused token is replaced in KV too, an expired one is not.
      const isPersisted = last?.isPersisted === true && !isValid(last);
      memory.set(key, { ...token, isPersisted });
    },
    persist(identity, token) {
      const key = memoryKey(identity);
      if (!isValid(token) || memory.get(key)?.isPersisted) return;
      const persisted = { ...token, isPersisted: true };
      memory.set(key, persisted);
      waitUntil(tokenKey(identity).then((kvKey) => tiers.writeKv(kvKey, persisted)));
    },
  };
}

/** In memory the identity itself is the key, so that a hit needs no hash. */
function memoryKey(identity: TokenIdentity): string {
  const { registry, username, realm, service, scope } = identity;
  return JSON.stringify([registry, username, realm, service, scope]);
}

function parseRecord({ bytes }: Entry): HeldToken | null {
  const { value, expiresAt } = parseJsonObject(bytes) ?? {};
  if (typeof value !== "string" || typeof expiresAt !== "number") return null;
  return { value, expiresAt, isPersisted: true };
}
