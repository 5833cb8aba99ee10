import { type Bytes, sha256 } from "../../support/image.ts";

/** Fails, or waits, as the store is told to. */
type Guard = (operation: "read" | "write") => Promise<void>;

interface Range {
  readonly offset: number;
  readonly length: number;
}

/** R2 in memory: only what a mirror uses of it. As R2 does, it refuses bytes of another digest. */
export function createBucket(objects: Map<string, Bytes>, guard: Guard): R2Bucket {
  const uploaded = new Date(0);
  const bucket = {
    async head(key: string) {
      await guard("read");
      const size = objects.get(key)?.length;
      return size === undefined ? null : { size, uploaded };
    },
    async get(key: string, { range }: { range?: Range } = {}) {
      await guard("read");
      const bytes = objects.get(key);
      const part = range && bytes?.slice(range.offset, range.offset + range.length);
      return bytes ? { size: bytes.length, body: new Response(part ?? bytes).body } : null;
    },
    async put(key: string, value: BodyInit, options: { sha256?: string } = {}) {
      await guard("write");
      const bytes = new Uint8Array(await new Response(value).arrayBuffer());
      const { sha256: wanted = null } = options;
      if (wanted !== null && (await sha256(bytes)) !== `sha256:${wanted}`) {
        throw new Error("put: the SHA-256 checksum you specified did not match what we received.");
      }
      objects.set(key, bytes);
    },
  };
  return bucket as unknown as R2Bucket;
}
