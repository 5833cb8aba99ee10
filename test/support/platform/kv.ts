import type { Bytes } from "../image.ts";
import type { StoreContext } from "./stores.ts";

/** Workers KV, as all data centres see it. */
export interface ModelKv {
  bindingFor(dataCentre: string): KVNamespace;
  /** Every accepted write, with the data centre, in order. */
  readonly writes: readonly { readonly key: string; readonly at: number }[];
  /** Number of reads, which are billed for missing keys too. */
  reads(): number;
  /** The refusals of writes, by message. */
  readonly refusals: readonly string[];
}

export interface KvRules {
  /** The duration of a read, in milliseconds. */
  readonly readMs: number;
  /** How long a write takes to become readable in other data centres, in milliseconds. */
  readonly spreadMs: () => number;
  readonly writesPerDay: number;
}

interface KvVersion {
  readonly value: Bytes | null;
  readonly metadata: unknown;
  readonly expiresAt: number;
  readonly writtenIn: string;
  readonly at: number;
  readonly visibleAt: number;
}

/** The default `cacheTtl`: a data centre caches a value, and the absence of one, for so long. */
const KV_CACHE_MS = 60_000;
/** A second write to a key within this time is refused (CFD:kv/platform/limits, PR #18041). */
const KV_KEY_MS = 1_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * - A data centre caches what it has read for 60 seconds, absent keys too
 *   (CFD:kv/api/read-key-value-pairs).
 * - A write is visible in its own data centre, and elsewhere after a delay and once the cached value
 *   has expired: "up to 60 seconds or more" (CFD:kv/concepts/how-kv-works).
 * - One write a second for each key, else 429 (CFD:kv/api/write-key-value-pairs).
 * - 1,000 writes and 1,000 deletes a day, counted in UTC (CFD:kv/platform/limits); after that an
 *   operation throws (WD src/workerd/io/limit-enforcer.h, newKvRequest). The message is the one that
 *   users of the free plan report.
 * - `expirationTtl` is at least 60 seconds; keys have at most 512 bytes, metadata 1,024.
 */
export function createModelKv(context: StoreContext, rules: KvRules): ModelKv {
  const versions = new Map<string, KvVersion[]>();
  const cached = new Map<string, { version: KvVersion | null; until: number }>();
  const lastWrites = new Map<string, number>();
  const operations = new Map<string, number>();
  const writes: { key: string; at: number }[] = [];
  const refusals: string[] = [];
  let reads = 0;

  function refuse(message: string): never {
    refusals.push(message);
    throw new Error(message);
  }
  function spend(operation: "put" | "delete"): void {
    const day = `${operation} ${Math.floor(context.now() / DAY_MS)}`;
    const spent = operations.get(day) ?? 0;
    const limit = operation === "put" ? rules.writesPerDay : 1_000;
    if (spent >= limit) refuse(`KV ${operation}() limit exceeded for the day.`);
    operations.set(day, spent + 1);
  }
  function change(
    dataCentre: string,
    key: string,
    value: Bytes | null,
    metadata: unknown,
    ms: number,
  ) {
    const at = context.now();
    const visibleAt = at + rules.spreadMs();
    const times = { at, visibleAt, expiresAt: at + ms };
    const version = { value, metadata, writtenIn: dataCentre, ...times };
    versions.set(key, [version, ...(versions.get(key) ?? [])]);
    cached.delete(`${dataCentre} ${key}`);
  }
  function find(dataCentre: string, key: string): KvVersion | null {
    const now = context.now();
    const place = `${dataCentre} ${key}`;
    const known = cached.get(place);
    if (known !== undefined && now < known.until) return known.version;
    const all = versions.get(key) ?? [];
    const isVisible = ({ writtenIn, visibleAt }: KvVersion) =>
      writtenIn === dataCentre || visibleAt <= now;
    const version = all.find(isVisible) ?? null;
    cached.set(place, { version, until: now + KV_CACHE_MS });
    return version;
  }
  function bindingFor(dataCentre: string): KVNamespace {
    const binding = {
      getWithMetadata: (key: string, _type: "arrayBuffer") =>
        context.run("internal", async () => {
          reads += 1;
          await context.sleep(rules.readMs);
          const found = find(dataCentre, key);
          const isGone = found === null || found.value === null || found.expiresAt <= context.now();
          if (isGone) return { value: null, metadata: null };
          return { value: found.value.slice().buffer, metadata: found.metadata };
        }),
      put: (key: string, value: Bytes, options: KVNamespacePutOptions) =>
        context.run("internal", async () => {
          const { expirationTtl = Number.POSITIVE_INFINITY, metadata = null } = options;
          if (expirationTtl < 60) {
            refuse(`KV PUT failed: 400 Invalid expiration_ttl of ${expirationTtl}`);
          }
          if (new TextEncoder().encode(key).byteLength > 512) refuse("KV PUT failed: 414");
          if (JSON.stringify(metadata).length > 1024) refuse("KV PUT failed: 413");
          const at = context.now();
          if (at - (lastWrites.get(key) ?? 0) < KV_KEY_MS) {
            refuse("KV PUT failed: 429 Too Many Requests");
          }
          spend("put");
          lastWrites.set(key, at);
          writes.push({ key, at });
          change(dataCentre, key, value.slice(), metadata, expirationTtl * 1000);
        }),
      delete: (key: string) =>
        context.run("internal", async () => {
          spend("delete");
          change(dataCentre, key, null, null, Number.POSITIVE_INFINITY);
        }),
    };
    // Only the methods that the mirror uses.
    return binding as unknown as KVNamespace;
  }
  return { bindingFor, writes, refusals, reads: () => reads };
}
