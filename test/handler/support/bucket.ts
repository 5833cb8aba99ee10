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
  async function note(operation: BucketOperation): Promise<void> {
    asked.push(operation);
    const behaviour = behaviours.get(operation) ?? "work";
    if (behaviour === "fail") throw new Error(`${operation}: internal error (10001)`);
    if (behaviour === "hang") await new Promise(() => {});
  }
  // A bucket of its own: what another mirror is still writing to the real one is not in it.
  const own = `${crypto.randomUUID()}/`;
  function asOwn<T extends R2Object>(object: T): T {
    const key = object.key.slice(own.length);
    const told = new Map<string | symbol, unknown>([
      ["key", key],
      ["uploaded", new Date(uploads.get(key) ?? 0)],
    ]);
    return new Proxy(object, {
      get: (target, name) => told.get(name) ?? Reflect.get(target, name, target),
    });
  }
  async function listOwn({ prefix = "", ...options }: R2ListOptions = {}) {
    const page = await real.list({ ...options, prefix: own + prefix });
    return { ...page, objects: page.objects.map(asOwn) };
  }
  const counted = {
    async head(key: string) {
      await note("head");
      const found = await real.head(own + key);
      return found && asOwn(found);
    },
    async get(key: string, options: R2GetOptions) {
      await note("get");
      const found = await real.get(own + key, options);
      return found && asOwn(found);
    },
    async put(key: string, value: ReadableStream | string, options: R2PutOptions) {
      await note("put");
      await real.put(own + key, value, options);
      uploads.set(key, now());
    },
    async delete(keys: string[]) {
      await note("delete");
      await real.delete(keys.map((key) => own + key));
    },
    async list(options: R2ListOptions) {
      await note("list");
      return listOwn(options);
    },
  };
  return {
    // Only what the mirror uses.
    binding: counted as unknown as R2Bucket,
    keys: async () => (await listOwn()).objects.map(({ key }) => key).sort(),
    count: (operation) => asked.filter((one) => one === operation).length,
    make: (operation, behaviour) => void behaviours.set(operation, behaviour),
    reset() {
      asked.length = 0;
    },
  };
}
