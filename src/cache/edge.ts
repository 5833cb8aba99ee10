import type { Deadline } from "./deadline.ts";
import type { ReportFailure, Store } from "./store.ts";

export interface EdgeDeps {
  readonly open: () => Promise<Cache>;
  readonly deadline: Deadline;
  /** The mirror's own host: the platform asks for keys on it. */
  readonly host: string;
  readonly report: ReportFailure;
}

const DUE_AT = "sampan-due-at";

/** @returns the store of one data centre: near, free to write, forgotten at any time. */
export function createEdgeStore({ open, host, deadline, report }: EdgeDeps): Store {
  const urlOf = (key: string) => `https://${host}/${encodeURI(key)}`;
  async function attempt<T>(operation: string, fallback: T, work: (cache: Cache) => Promise<T>) {
    try {
      return await work(await deadline(open()));
    } catch (cause) {
      report("edge cache", operation, cause);
      return fallback;
    }
  }
  return {
    read: (key) =>
      attempt("read", null, async (cache) => {
        const found = await deadline(cache.match(urlOf(key)));
        const mediaType = found?.headers.get("content-type");
        if (!found || !mediaType) return null;
        const dueAt = Number(found.headers.get(DUE_AT));
        return { bytes: new Uint8Array(await deadline(found.arrayBuffer())), mediaType, dueAt };
      }),
    write: (key, { bytes, mediaType, dueAt = 0 }, lifeSeconds) =>
      attempt("write", false, async (cache) => {
        const headers = {
          "content-type": mediaType,
          "content-length": String(bytes.byteLength),
          "cache-control": `public, max-age=${Math.floor(lifeSeconds)}, no-transform`,
          [DUE_AT]: String(dueAt),
        };
        await cache.put(urlOf(key), new Response(bytes, { headers }));
        return true;
      }),
    delete: (key) =>
      attempt("delete", undefined, async (cache) => {
        await cache.delete(urlOf(key));
      }),
  };
}
