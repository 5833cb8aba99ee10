import { type Bytes, sha256 } from "../../support/image.ts";
import type { Stall } from "./receive.ts";
import type { StoreFailure } from "./states.ts";

/** KV, an edge cache and R2 in memory, which fail on demand. */
export interface Stores {
  readonly kv: KVNamespace;
  readonly bucket: R2Bucket;
  readonly openEdge: () => Promise<Cache>;
  fail(failures: readonly StoreFailure[]): void;
  /** All work again; operations that hang fail. */
  heal(): void;
  /** Moves to another data centre. */
  moveEdge(): void;
  /** Every key of every store. */
  keys(): string[];
  /**
   * @param unverified the digest of a blob that may be wrong at the edge, since only clients verify
   * it there; or null.
   * @returns a sentence for each manifest or blob that is stored under another digest.
   */
  wrongContents(unverified: string | null): Promise<string[]>;
}

interface Value {
  readonly bytes: Bytes;
  readonly metadata: unknown;
}

type Store = "KV" | "edge" | "R2";

const GARBAGE = new Uint8Array([0, 255, 123, 34]);
/** The text of a store's error, with a secret that must not be repeated. */
const ERROR = "500 at https://store.example/?Signature=secret";

export function createStores(stall: Stall): Stores {
  let failures: readonly StoreFailure[] = [];
  const hanging: (() => void)[] = [];
  const kv = new Map<string, Value>();
  let edge = new Map<string, Value>();
  const objects = new Map<string, Value>();
  const fails = (failure: string) => (failures as readonly string[]).includes(failure);

  /** Fails or hangs as the store is told to. A read is awaited by the mirror, a write is not. */
  async function enter(store: Store, operation: "read" | "write"): Promise<void> {
    if (fails(`${store} hangs`)) {
      const end = operation === "read" ? stall.begin() : () => {};
      const hang = new Promise<never>((_, reject) => {
        hanging.push(() => reject(new Error(ERROR)));
      });
      await hang.finally(end);
    }
    if (fails(`${store} fails to ${operation}`) || fails(`${store} throws`)) throw new Error(ERROR);
  }

  function contents(): (readonly [key: string, bytes: Bytes])[] {
    return [...kv, ...edge, ...objects].map(([key, { bytes }]) => [key, bytes]);
  }

  return {
    kv: createKv(kv, enter),
    bucket: createBucket(objects, enter),
    openEdge: async () => createEdge(edge, enter),
    fail(next) {
      failures = next;
      if (!fails("KV has garbage")) return;
      for (const [key, { metadata }] of kv) kv.set(key, { bytes: GARBAGE, metadata });
    },
    heal() {
      failures = [];
      for (const end of hanging.splice(0)) end();
    },
    moveEdge() {
      edge = new Map();
    },
    keys: () => contents().map(([key]) => key),
    async wrongContents(unverified) {
      const wrong: string[] = [];
      for (const [key, bytes] of contents()) {
        const [, digest] = /\b(?:manifest|blobs?)\/.*\/(sha256:[0-9a-f]{64})$/.exec(key) ?? [];
        if (digest === undefined || bytes === GARBAGE || (await sha256(bytes)) === digest) continue;
        if (digest === unverified && key.startsWith("https:")) continue;
        wrong.push(`other bytes are stored under ${key}`);
      }
      return wrong;
    },
  };
}

type Enter = (store: Store, operation: "read" | "write") => Promise<void>;

/** Each has only what a mirror uses, in the form in which the mirror uses it. */
function createKv(values: Map<string, Value>, enter: Enter): KVNamespace {
  const kv = {
    async getWithMetadata(key: string) {
      await enter("KV", "read");
      const { bytes = null, metadata = null } = values.get(key) ?? {};
      return { value: bytes === null ? null : bytes.slice().buffer, metadata };
    },
    async put(key: string, value: Bytes, { metadata }: { metadata: unknown }) {
      await enter("KV", "write");
      values.set(key, { bytes: value.slice(), metadata });
    },
    async delete(key: string) {
      await enter("KV", "write");
      values.delete(key);
    },
  };
  return kv as unknown as KVNamespace;
}

function createEdge(values: Map<string, Value>, enter: Enter): Cache {
  const cache = {
    async match(request: string | Request) {
      await enter("edge", "read");
      const { url, headers: requested } = new Request(request);
      const found = values.get(url);
      if (found === undefined) return undefined;
      const headers = new Headers(found.metadata as HeadersInit);
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(requested.get("range") ?? "") ?? [];
      if (first === undefined) return new Response(found.bytes, { headers });
      const part = found.bytes.slice(Number(first), Number(last) + 1);
      headers.set("content-range", `bytes ${first}-${last}/${found.bytes.length}`);
      headers.set("content-length", String(part.length));
      return new Response(part, { status: 206, headers });
    },
    async put(url: string, response: Response) {
      await enter("edge", "write");
      const bytes = new Uint8Array(await response.arrayBuffer());
      values.set(url, { bytes, metadata: [...response.headers] });
    },
    async delete(url: string) {
      await enter("edge", "write");
      return values.delete(url);
    },
  };
  return cache as unknown as Cache;
}

/** As R2 does, it refuses bytes of another digest than announced. */
function createBucket(objects: Map<string, Value>, enter: Enter): R2Bucket {
  const uploaded = new Date(0);
  const bucket = {
    async head(key: string) {
      await enter("R2", "read");
      const found = objects.get(key);
      return found ? { size: found.bytes.length, uploaded } : null;
    },
    async get(key: string, { range }: { range?: { offset: number; length: number } } = {}) {
      await enter("R2", "read");
      const found = objects.get(key);
      if (found === undefined) return null;
      const { bytes } = found;
      const part = range ? bytes.slice(range.offset, range.offset + range.length) : bytes;
      return { size: bytes.length, uploaded, body: new Response(part).body };
    },
    async put(key: string, value: BodyInit, options: { sha256?: string } = {}) {
      await enter("R2", "write");
      const bytes = new Uint8Array(await new Response(value).arrayBuffer());
      if (options.sha256 !== undefined && (await sha256(bytes)) !== `sha256:${options.sha256}`) {
        throw new Error("put: the SHA-256 checksum you specified did not match what we received.");
      }
      objects.set(key, { bytes, metadata: null });
    },
  };
  return bucket as unknown as R2Bucket;
}
