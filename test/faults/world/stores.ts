import type { StoreFailure } from "../tables/states.ts";
import { createBucket } from "./bucket.ts";
import type { Stall } from "./stall.ts";

/** KV, an edge cache and R2 in memory, which fail when told to. */
export interface Stores {
  readonly kv: KVNamespace;
  readonly bucket: R2Bucket;
  readonly openEdge: () => Promise<Cache>;
  fail(failures: readonly StoreFailure[]): void;
  /** All works again; what hung fails. */
  heal(): void;
  /** Goes on in another data centre. */
  moveEdge(): void;
  /** Every value by its key, of all; without the garbage that was put there. */
  contents(): (readonly [key: string, bytes: Uint8Array])[];
}

interface Value {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly metadata: unknown;
}

const GARBAGE = new Uint8Array([0, 255, 123, 34]);
/** What an error of a store might tell, and nobody else may. */
const ERROR = "500 at https://store.example/?Signature=secret";

export function createStores(stall: Stall): Stores {
  let failures: readonly StoreFailure[] = [];
  const hung: (() => void)[] = [];
  const values = new Map<string, Value>();
  let edge = new Map<string, Value>();
  const objects = new Map<string, Uint8Array<ArrayBuffer>>();
  const has = (failure: StoreFailure) => failures.includes(failure);
  const hang = () =>
    new Promise<never>((_, reject) => {
      hung.push(() => reject(new Error(ERROR)));
    });
  /** A read is waited for, a write is not. */
  async function wait(failure: StoreFailure, isRead: boolean): Promise<void> {
    if (!has(failure)) return;
    const end = isRead ? stall.begin() : () => {};
    await hang().finally(end);
  }
  return {
    kv: kvOf(values, has, wait),
    bucket: createBucket(objects, async (operation) => {
      await wait("R2 hangs", operation === "read");
      if (has(`R2 fails to ${operation}`)) throw new Error(ERROR);
    }),
    openEdge: async () => edgeOf(edge, has, wait),
    fail: (next) => {
      failures = next;
      if (!has("KV has garbage")) return;
      for (const [key, { metadata }] of values) values.set(key, { bytes: GARBAGE, metadata });
    },
    heal() {
      failures = [];
      for (const end of hung.splice(0)) end();
    },
    moveEdge() {
      edge = new Map();
    },
    contents: () => [
      ...[...values, ...edge].flatMap(([key, { bytes }]) =>
        bytes === GARBAGE ? [] : [[key, bytes] as const],
      ),
      ...objects,
    ],
  };
}

type Has = (failure: StoreFailure) => boolean;
type Wait = (failure: StoreFailure, isRead: boolean) => Promise<void>;

/** Only what a mirror uses. */
function kvOf(values: Map<string, Value>, has: Has, wait: Wait): KVNamespace {
  const kv = {
    async getWithMetadata(key: string) {
      await wait("KV hangs", true);
      if (has("KV fails to read")) throw new Error(ERROR);
      const { bytes = null, metadata = null } = values.get(key) ?? {};
      return { value: bytes === null ? null : bytes.slice().buffer, metadata };
    },
    async put(key: string, value: Uint8Array<ArrayBuffer>, options: { metadata: unknown }) {
      await wait("KV hangs", false);
      if (has("KV fails to write")) throw new Error(ERROR);
      values.set(key, { bytes: value.slice(), metadata: options.metadata });
    },
    async delete(key: string) {
      await wait("KV hangs", false);
      if (has("KV fails to write")) throw new Error(ERROR);
      values.delete(key);
    },
  };
  return kv as unknown as KVNamespace;
}

function edgeOf(values: Map<string, Value>, has: Has, wait: Wait): Cache {
  const isThrowing = () => has("edge throws");
  const cache = {
    async match(url: string) {
      await wait("edge hangs", true);
      if (isThrowing()) throw new Error(ERROR);
      const found = values.get(url);
      return found && new Response(found.bytes, { headers: found.metadata as HeadersInit });
    },
    async put(url: string, response: Response) {
      await wait("edge hangs", false);
      if (isThrowing()) throw new Error(ERROR);
      const bytes = new Uint8Array(await response.arrayBuffer());
      values.set(url, { bytes, metadata: [...response.headers] });
    },
    async delete(url: string) {
      await wait("edge hangs", false);
      if (isThrowing()) throw new Error(ERROR);
      return values.delete(url);
    },
  };
  return cache as unknown as Cache;
}
