import type { Platform } from "../platform/platform.ts";
import {
  createAttempt,
  type Entry,
  type ReportFailure,
  type Store,
  type StoreTimeout,
} from "./store.ts";

export interface EdgeOptions {
  readonly openCache: Platform["openCache"];
  /** A host of the mirror: the platform expects keys on the Worker's own host. */
  readonly host: string;
  readonly timeout: StoreTimeout;
  readonly report: ReportFailure;
}

const REWRITE_AT = "sampan-rewrite-at";

/** The Cache API of one data centre: near, without a write limit, emptied at any time. */
export function createEdgeStore({ openCache, host, timeout, report }: EdgeOptions): Store {
  const urlOf = (key: string) => `https://${host}/${encodeURI(key)}`;
  const attempt = createAttempt("edge cache", report);
  async function read(key: string): Promise<Entry | null> {
    const found = await (await openCache()).match(urlOf(key));
    const mediaType = found?.headers.get("content-type");
    if (!found || !mediaType) return null;
    const bytes = new Uint8Array(await found.arrayBuffer());
    return { bytes, mediaType, rewriteAt: Number(found.headers.get(REWRITE_AT)) };
  }
  return {
    read: (key) => attempt("read", null, () => timeout(read(key))),
    write: (key, { bytes, mediaType, rewriteAt = 0 }, lifeSeconds) =>
      attempt("write", false, async () => {
        const cache = await timeout(openCache());
        const headers = {
          "content-type": mediaType,
          "content-length": String(bytes.byteLength),
          "cache-control": `public, max-age=${Math.floor(lifeSeconds)}, no-transform`,
          [REWRITE_AT]: String(rewriteAt),
        };
        await cache.put(urlOf(key), new Response(bytes, { headers }));
        return true;
      }),
    remove: (key) =>
      attempt("delete", undefined, async () => {
        const cache = await timeout(openCache());
        await cache.delete(urlOf(key));
      }),
  };
}
