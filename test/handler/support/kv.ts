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
  function note(operation: Operation, key: string): void {
    operations.push({ operation, key });
    const message = failures.get(operation);
    if (message !== undefined) throw new Error(message);
  }
  const counted = {
    async getWithMetadata(key: string, type: "arrayBuffer") {
      note("read", key);
      if (isOver(key)) return { value: null, metadata: null };
      return real.getWithMetadata(key, type);
    },
    async put(key: string, value: Uint8Array<ArrayBuffer>, options: KVNamespacePutOptions) {
      note("write", key);
      await real.put(key, value, options);
      expirations.set(key, now() / 1000 + (options.expirationTtl ?? 0));
    },
    async list(options: KVNamespaceListOptions) {
      note("list", options.prefix ?? "");
      const page = await real.list(options);
      const keys = page.keys.filter(({ name }) => !isOver(name));
      return {
        ...page,
        keys: keys.map((key) => ({ ...key, expiration: expirations.get(key.name) })),
      };
    },
    async delete(key: string) {
      note("delete", key);
      if (isDeleting) await real.delete(key);
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
      const { keys } = await real.list<object>({ prefix: `v1/${kind}/` });
      for (const { name, metadata = {} } of keys) await real.put(name, bytes, { metadata });
    },
    keys: async () => (await real.list()).keys.map(({ name }) => name),
    keepDeleted() {
      isDeleting = false;
    },
    reset() {
      operations.length = 0;
    },
  };
}
