/** KV that counts its operations, and fails on request. */
export interface CountedKv {
  readonly namespace: KVNamespace;
  /** The kinds of keys written since the last `reset`, such as `tag` or `token`, sorted. */
  written(): string[];
  /** The kinds of keys read since the last `reset`, sorted. */
  read(): string[];
  /** Number of operations since the last `reset`. */
  count(operation: KvOperation): number;
  /** Makes an operation fail with this message; null makes it work again. */
  fail(operation: KvOperation, message: string | null): void;
  /** Replaces every value of a kind by these bytes. */
  overwrite(kind: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** The keys of all entries. */
  keys(): Promise<string[]>;
  /** Every key, value and metadata. */
  text(): Promise<string>;
  /** Ignores deletes, which take up to a minute to reach every place. */
  keepDeleted(): void;
  reset(): void;
}

export type KvOperation = "read" | "write" | "delete";

/** @param now the clock by which keys expire. */
export function createKv(real: KVNamespace, now: () => number): CountedKv {
  const operations: { operation: KvOperation; key: string }[] = [];
  const failures = new Map<KvOperation, string>();
  const expirations = new Map<string, number>();
  const isOver = (key: string) => (expirations.get(key) ?? Number.MAX_VALUE) * 1000 <= now();
  let isDeleting = true;
  // Keys of its own: another mirror may still be writing to the real namespace.
  const own = `${crypto.randomUUID().slice(0, 8)}/`;
  async function listOwn(options: KVNamespaceListOptions = {}) {
    const page = await real.list<object>({ ...options, prefix: own + (options.prefix ?? "") });
    return {
      ...page,
      keys: page.keys.map((key) => ({ ...key, name: key.name.slice(own.length) })),
    };
  }
  function note(operation: KvOperation, key: string): void {
    operations.push({ operation, key });
    const message = failures.get(operation);
    if (message !== undefined) throw new Error(message);
  }
  const counted = {
    async getWithMetadata(key: string, type: "arrayBuffer") {
      note("read", key);
      if (isOver(key)) return { value: null, metadata: null };
      return real.getWithMetadata(own + key, type);
    },
    async put(key: string, value: Uint8Array<ArrayBuffer>, options: KVNamespacePutOptions) {
      note("write", key);
      await real.put(own + key, value, options);
      expirations.set(key, now() / 1000 + (options.expirationTtl ?? 0));
    },
    async delete(key: string) {
      note("delete", key);
      if (isDeleting) await real.delete(own + key);
    },
  };
  const kindsOf = (wanted: KvOperation) =>
    operations
      .filter(({ operation }) => operation === wanted)
      .map(({ key }) => key.split("/")[1] ?? key)
      .sort();
  return {
    // Only the methods that the mirror uses.
    namespace: counted as unknown as KVNamespace,
    written: () => kindsOf("write"),
    read: () => kindsOf("read"),
    count: (operation) => operations.filter((one) => one.operation === operation).length,
    fail(operation, message) {
      failures.delete(operation);
      if (message !== null) failures.set(operation, message);
    },
    async overwrite(kind, bytes) {
      const { keys } = await listOwn({ prefix: `v2/${kind}/` });
      for (const { name, metadata = {} } of keys) await real.put(own + name, bytes, { metadata });
    },
    keys: async () => (await listOwn()).keys.map(({ name }) => name),
    async text() {
      const lines = (await listOwn()).keys.map(async ({ name, metadata }) => {
        return `${name} ${JSON.stringify(metadata)} ${await real.get(own + name)}`;
      });
      return (await Promise.all(lines)).join("\n");
    },
    keepDeleted() {
      isDeleting = false;
    },
    reset() {
      operations.length = 0;
    },
  };
}

/** An R2 bucket that counts its operations, and fails on request. */
export interface CountedBucket {
  readonly binding: R2Bucket;
  /** The keys of all objects, sorted. */
  keys(): Promise<string[]>;
  /** When an object was written, in milliseconds since 1970; null if it never was. */
  uploadedAt(key: string): number | null;
  /** Number of operations since the last `reset`. */
  count(operation: BucketOperation): number;
  /** Makes an operation fail or hang, or work again. */
  make(operation: BucketOperation, behaviour: "fail" | "hang" | "work"): void;
  reset(): void;
}

export type BucketOperation = "head" | "get" | "put" | "delete" | "list";

/** @param now the clock that dates the objects. */
export function createBucket(real: R2Bucket, now: () => number): CountedBucket {
  const operations: BucketOperation[] = [];
  const behaviours = new Map<BucketOperation, "fail" | "hang" | "work">();
  const uploads = new Map<string, number>();
  const bucket = ownBucket(real);
  async function note(operation: BucketOperation): Promise<void> {
    operations.push(operation);
    const behaviour = behaviours.get(operation) ?? "work";
    if (behaviour === "fail") throw new Error(`${operation}: internal error (10001)`);
    if (behaviour === "hang") await new Promise(() => {});
  }
  const dated = <T extends R2Object>(object: T): T =>
    override(object, "uploaded", new Date(uploads.get(object.key) ?? 0));
  const counted = {
    async head(key: string) {
      await note("head");
      const found = await bucket.head(key);
      return found && dated(found);
    },
    async get(key: string, options: R2GetOptions) {
      await note("get");
      const found = await bucket.get(key, options);
      return found && dated(found);
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
      return { ...page, objects: page.objects.map(dated) };
    },
  };
  return {
    // Only the methods that the mirror uses.
    binding: counted as unknown as R2Bucket,
    keys: async () => (await bucket.list()).objects.map(({ key }) => key).sort(),
    uploadedAt: (key) => uploads.get(key) ?? null,
    count: (operation) => operations.filter((one) => one === operation).length,
    make: (operation, behaviour) => void behaviours.set(operation, behaviour),
    reset() {
      operations.length = 0;
    },
  };
}

/**
 * A part of a bucket in the form of a whole one. Each test has its own: another test may still be
 * writing, and the platform takes its time to empty a bucket.
 */
export function ownBucket(real: R2Bucket): R2Bucket {
  const own = `${crypto.randomUUID()}/`;
  const asOwn = <T extends R2Object>(object: T): T =>
    override(object, "key", object.key.slice(own.length));
  const part = {
    async head(key: string) {
      const found = await real.head(own + key);
      return found && asOwn(found);
    },
    async get(key: string, options?: R2GetOptions) {
      const found = await real.get(own + key, options);
      return found && asOwn(found);
    },
    put: (key: string, value: ReadableStream | string, options?: R2PutOptions) =>
      real.put(own + key, value, options),
    delete: (keys: string | string[]) => real.delete([keys].flat().map((key) => own + key)),
    async list({ prefix = "", ...options }: R2ListOptions = {}) {
      const page = await real.list({ ...options, prefix: own + prefix });
      return { ...page, objects: page.objects.map(asOwn) };
    },
  };
  return part as unknown as R2Bucket;
}

function override<T extends object>(object: T, name: keyof T, value: unknown): T {
  return new Proxy(object, {
    get: (target, key) => (key === name ? value : Reflect.get(target, key, target)),
  });
}

/** Records everything that an edge cache is given to store. */
export function createEdge(): { readonly seen: readonly string[]; watch(cache: Cache): Cache } {
  const seen: string[] = [];
  return {
    seen,
    watch: (cache) =>
      // Only the methods that the mirror uses.
      ({
        match: (key: RequestInfo) => cache.match(key),
        delete: (key: string) => cache.delete(key),
        async put(key: string, response: Response) {
          const headers = JSON.stringify([...response.headers]);
          const bytes = await response.clone().arrayBuffer();
          seen.push(`${key} ${headers} ${new TextDecoder().decode(bytes)}`);
          await cache.put(key, response);
        },
      }) as unknown as Cache,
  };
}
