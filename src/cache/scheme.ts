import type { Scheme } from "../protocol/challenge.ts";
import { parseJsonObject } from "../protocol/json.ts";
import type { Memory } from "./memory.ts";
import { jsonEntry, type Store } from "./store.ts";

/** What the upstream's challenge was, so that it need not be refused first. Not worth a write to KV. */
export interface SchemeCache {
  /** @returns what this isolate knows, or null. */
  peek(key: string): Scheme | null;
  read(key: string): Promise<Scheme | null>;
  write(key: string, scheme: Scheme): void;
}

export interface SchemeDeps {
  readonly memory: Memory<Scheme>;
  readonly edge: Store;
  readonly later: (work: Promise<unknown>) => void;
}

/** A challenge that changes is noticed when the upstream refuses; this only bounds the litter. */
const LIFE_SECONDS = 30 * 24 * 60 * 60;

export function createSchemeCache({ memory, edge, later }: SchemeDeps): SchemeCache {
  return {
    peek: (key) => memory.get(key) ?? null,
    async read(key) {
      const known = memory.get(key);
      if (known !== undefined) return known;
      const entry = await edge.read(key);
      const scheme = entry === null ? null : parseScheme(parseJsonObject(entry.bytes));
      if (scheme !== null) memory.set(key, scheme);
      return scheme;
    },
    write(key, scheme) {
      memory.set(key, scheme);
      later(edge.write(key, jsonEntry(scheme), LIFE_SECONDS));
    },
  };
}

function parseScheme(record: Record<string, unknown> | null): Scheme | null {
  const { kind, realm, service = null } = record ?? {};
  if (kind === "open" || kind === "basic") return { kind };
  if (kind !== "bearer" || typeof realm !== "string") return null;
  return typeof service === "string" || service === null ? { kind, realm, service } : null;
}
