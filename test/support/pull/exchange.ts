import { createHash } from "node:crypto";

/** One request of a pull and how it went. */
export interface PullStep {
  readonly method: string;
  readonly path: string;
  /** 0 when no answer came. */
  readonly status: number;
  /** Bytes of body that came. */
  readonly bytes: number;
  readonly cacheStatus: string | null;
  readonly warning: string | null;
  readonly ms: number;
}

/** A request, and what came back for it. */
export interface Exchange {
  readonly step: PullStep;
  readonly headers: Headers;
  /** The digest of the bytes that came. */
  readonly digest: string;
  /** What broke the connection, if it broke. */
  readonly broken: Error | null;
}

/** Makes one request and hands each chunk of the answer to `keep`. Never rejects. */
export async function exchange(
  url: URL,
  init: RequestInit,
  keep: (chunk: Uint8Array) => void,
): Promise<Exchange> {
  const start = performance.now();
  const hash = createHash("sha256");
  let response: Response | null = null;
  let bytes = 0;
  let broken: Error | null = null;
  try {
    response = await fetch(url, init);
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      hash.update(chunk);
      keep(chunk);
    }
  } catch (error) {
    broken = error as Error;
  }
  const headers = new Headers(response?.headers);
  const step = {
    ...{ method: init.method ?? "GET", path: url.pathname, status: response?.status ?? 0, bytes },
    ...{ cacheStatus: headers.get("cache-status"), warning: headers.get("warning") },
    ms: performance.now() - start,
  };
  return { step, headers, digest: `sha256:${hash.digest("hex")}`, broken };
}
