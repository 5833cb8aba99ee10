/** KV that counts what is written to it, and fails when told to. */
export interface CountedKv {
  readonly namespace: KVNamespace;
  /** The kinds of keys that were written since the last `reset`, such as `tag` or `token`, sorted. */
  written(): string[];
  /** How often anything was asked of it since the last `reset`. */
  count(operation: Operation): number;
  /** Makes an operation fail, or work again. */
  fail(operation: Operation, message: string | null): void;
  /** Puts these bytes in the place of every value of a kind. */
  overwrite(kind: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** The keys of everything that is kept. */
  keys(): Promise<string[]>;
  /** Every key, value and metadata. */
  text(): Promise<string>;
  /** Makes deletes take effect nowhere, as in the minute that they take to reach every place. */
  keepDeleted(): void;
  reset(): void;
}

export type Operation = "read" | "write" | "delete" | "list";

/** @param now tells the ages of keys, and when they end, in place of the platform's clock. */
export function createKv(real: KVNamespace, now: () => number): CountedKv {
  const operations: { operation: Operation; key: string }[] = [];
  const failures = new Map<Operation, string>();
  const expirations = new Map<string, number>();
  const isOver = (key: string) => (expirations.get(key) ?? Number.MAX_VALUE) * 1000 <= now();
  let isDeleting = true;
  // Keys of its own: what another mirror is still writing to the real one is not among them.
  const own = `${crypto.randomUUID().slice(0, 8)}/`;
  async function listOwn(options: KVNamespaceListOptions = {}) {
    const page = await real.list<object>({ ...options, prefix: own + (options.prefix ?? "") });
    return {
      ...page,
      keys: page.keys.map((key) => ({ ...key, name: key.name.slice(own.length) })),
    };
  }
  function note(operation: Operation, key: string): void {
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
    async list(options: KVNamespaceListOptions) {
      note("list", options.prefix ?? "");
      const page = await listOwn(options);
      const keys = page.keys.filter(({ name }) => !isOver(name));
      return {
        ...page,
        keys: keys.map((key) => ({ ...key, expiration: expirations.get(key.name) })),
      };
    },
    async delete(key: string) {
      note("delete", key);
      if (isDeleting) await real.delete(own + key);
    },
  };
  return {
    // Only what the mirror uses.
    namespace: counted as unknown as KVNamespace,
    written: () =>
      operations
        .filter(({ operation }) => operation === "write")
        .map(({ key }) => key.split("/")[1] ?? key)
        .sort(),
    count: (operation) => operations.filter((one) => one.operation === operation).length,
    fail(operation, message) {
      failures.delete(operation);
      if (message !== null) failures.set(operation, message);
    },
    async overwrite(kind, bytes) {
      const { keys } = await listOwn({ prefix: `v1/${kind}/` });
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
