import { parseJsonObject } from "../protocol/json.ts";
import type { Token } from "../protocol/token.ts";
import type { Memory } from "./memory.ts";
import { jsonEntry, type Store } from "./store.ts";

/** Tokens until they expire. Not in the edge cache: they are secrets, and that is made of URLs. */
export interface TokenCache {
  /** @returns a token that this isolate knows and that has not expired, or null. */
  peek(key: string): Token | null;
  /** @returns a token that has not expired, or null. */
  read(key: string): Promise<Token | null>;
  /**
   * Keeps a token for other isolates too, unless it is the next one of an isolate that lives on: a
   * tag that is watched all day is not worth a write to KV for each token's life.
   *
   * @param isNearOnly keeps it to this isolate: a token that opens nothing is worth no write.
   */
  write(key: string, token: Token, isNearOnly?: boolean): void;
}

export interface TokenDeps {
  readonly memory: Memory<Token>;
  readonly kv: Store;
  readonly now: () => number;
  readonly later: (work: Promise<unknown>) => void;
}

export function createTokenCache({ memory, kv, now, later }: TokenDeps): TokenCache {
  const lives = (token: Token | null | undefined) => (token?.expiresAt ?? 0) > now();
  function peek(key: string): Token | null {
    const known = memory.get(key);
    return known && lives(known) ? known : null;
  }
  return {
    peek,
    async read(key) {
      const known = peek(key);
      if (known !== null) return known;
      const entry = await kv.read(key);
      const token = entry === null ? null : parseRecord(parseJsonObject(entry.bytes));
      if (token === null || !lives(token)) return null;
      memory.set(key, token);
      return token;
    },
    write(key, token, isNearOnly = false) {
      if (!lives(token)) return;
      const last = memory.get(key);
      const isRenewal = last !== undefined && !lives(last);
      memory.set(key, token);
      if (isNearOnly || isRenewal) return;
      later(kv.write(key, jsonEntry(token), (token.expiresAt - now()) / 1000));
    },
  };
}

function parseRecord(record: Record<string, unknown> | null): Token | null {
  const { value, expiresAt } = record ?? {};
  return typeof value === "string" && typeof expiresAt === "number" ? { value, expiresAt } : null;
}
