import { ownBucket } from "../../support/own-bucket.ts";

/** An R2 bucket that counts what is asked of it, and fails when told to. Its ages are the clock's. */
export interface CountedBucket {
  readonly binding: R2Bucket;
  /** The keys of everything in it, sorted. */
  keys(): Promise<string[]>;
  /** How often anything was asked of it since the last `reset`. */
  count(operation: BucketOperation): number;
  /** Makes an operation fail or hang, or work again. */
  make(operation: BucketOperation, behaviour: Behaviour): void;
  reset(): void;
}

export type BucketOperation = "head" | "get" | "put" | "delete" | "list";
export type Behaviour = "fail" | "hang" | "work";

export function createBucket(real: R2Bucket, now: () => number): CountedBucket {
  const asked: BucketOperation[] = [];
  const behaviours = new Map<BucketOperation, Behaviour>();
  const uploads = new Map<string, number>();
  const bucket = ownBucket(real);
  async function note(operation: BucketOperation): Promise<void> {
    asked.push(operation);
    const behaviour = behaviours.get(operation) ?? "work";
    if (behaviour === "fail") throw new Error(`${operation}: internal error (10001)`);
    if (behaviour === "hang") await new Promise(() => {});
  }
  function aged<T extends R2Object>(object: T): T {
    const uploaded = new Date(uploads.get(object.key) ?? 0);
    return new Proxy(object, {
      get: (target, name) => (name === "uploaded" ? uploaded : Reflect.get(target, name, target)),
    });
  }
  const counted = {
    async head(key: string) {
      await note("head");
      const found = await bucket.head(key);
      return found && aged(found);
    },
    async get(key: string, options: R2GetOptions) {
      await note("get");
      const found = await bucket.get(key, options);
      return found && aged(found);
    },
    async put(key: string, value: ReadableStream | string, options: R2PutOptions) {
      await note("put");
      await bucket.put(key, value, options);
      uploads.set(key, now());
    },
    async delete(keys: string[]) {
      await note("delete");
      await bucket.delete(keys);
    },
    async list(options: R2ListOptions) {
      await note("list");
      const page = await bucket.list(options);
      return { ...page, objects: page.objects.map(aged) };
    },
  };
  return {
    // Only what the mirror uses.
    binding: counted as unknown as R2Bucket,
    keys: async () => (await bucket.list()).objects.map(({ key }) => key).sort(),
    count: (operation) => asked.filter((one) => one === operation).length,
    make: (operation, behaviour) => void behaviours.set(operation, behaviour),
    reset() {
      asked.length = 0;
    },
  };
}
