/**
 * A part of a bucket that passes for a whole one, of what the mirror uses. Each test has its own:
 * what another is still writing is not in it, and the platform takes its time to empty a bucket.
 */
export function ownBucket(real: R2Bucket): R2Bucket {
  const own = `${crypto.randomUUID()}/`;
  function asOwn<T extends R2Object>(object: T): T {
    const key = object.key.slice(own.length);
    return new Proxy(object, {
      get: (target, name) => (name === "key" ? key : Reflect.get(target, name, target)),
    });
  }
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
