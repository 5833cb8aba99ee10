import type { Platform } from "../platform/platform.ts";
import { TimeoutError, withTimeout } from "../platform/timeout.ts";
import { RegistryError } from "../protocol/errors.ts";
import { type Breaker, COOLDOWN_SECONDS } from "./breaker.ts";
import type { UpstreamStats } from "./upstream.ts";

/** A request to an upstream. It contains nothing of a client's request. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: "GET" | "HEAD";
  readonly headers: Readonly<Record<string, string>>;
  /** True for a blob: its bytes are not decoded, whatever their `Content-Encoding`. */
  readonly isRaw?: boolean;
}

/** The only way to the network. */
export interface Http {
  /**
   * Sends a request and follows no redirect. The caller judges the status.
   *
   * @throws RegistryError UNAVAILABLE: 502 without a connection, 504 without a first byte in time,
   * 503 while the circuit of the host is open.
   */
  send(request: HttpRequest, stats: UpstreamStats): Promise<Response>;
  /**
   * Reads a body into memory.
   *
   * @param url of the request, for the error.
   * @param maxMs the timeout; `timeoutMs` by default.
   * @returns null if the body has more than `maxBytes`.
   * @throws RegistryError UNAVAILABLE: 502 if the body is truncated, 504 if it does not end in time.
   */
  read(response: Response, url: URL, maxBytes: number, maxMs?: number): Promise<Uint8Array | null>;
}

export interface HttpOptions {
  readonly platform: Pick<Platform, "fetch" | "now" | "startTimer">;
  readonly timeoutMs: number;
  readonly breaker: Breaker;
}

const USER_AGENT = "sampan";
/** A kept-alive connection that was just closed fails at once; the second try opens a new one. */
const MAX_TRIES = 2;

export function createHttp({ platform, timeoutMs, breaker }: HttpOptions): Http {
  const { now } = platform;

  return {
    async send(request, stats) {
      const { host } = request.url;
      if (!breaker.allows(host, now())) throw circuitOpen(host);
      try {
        const response = await withTimeout(platform, timeoutMs, async (signal) => {
          for (let tries = 1; ; tries++) {
            stats.requests++;
            const pending = platform.fetch(request.url.href, fetchOptions(request, signal));
            // Nobody reads a response that arrives after the timeout.
            pending.then((late) => signal.aborted && discard(late)).catch(() => {});
            try {
              return await pending;
            } catch (error) {
              if (tries === MAX_TRIES || signal.aborted) throw error;
            }
          }
        });
        breaker.recordReply(host);
        stats.isUp = response.status < 500;
        return response;
      } catch (error) {
        stats.isUp = false;
        if (error instanceof TimeoutError) {
          breaker.recordTimeout(host, now());
          throw timedOut(host, timeoutMs);
        }
        breaker.recordReply(host);
        throw unreachable(host, error);
      }
    },
    async read(response, url, maxBytes, maxMs = timeoutMs) {
      const limitMs = Math.min(maxMs, timeoutMs);
      try {
        return await withTimeout(platform, limitMs, (signal) =>
          readUpTo(response, maxBytes, signal),
        );
      } catch (error) {
        if (error instanceof TimeoutError) throw timedOut(url.host, limitMs);
        throw unreachable(url.host, error);
      }
    },
  };
}

/**
 * Reads a body into memory.
 *
 * @param signal cancels the body.
 * @returns null if the body has more than `maxBytes`; the rest is then not read.
 * @throws Error if the body is shorter than its length, and whatever the body fails with.
 */
export async function readUpTo(
  response: Pick<Response, "body" | "headers">,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array | null> {
  const expected = contentLength(response.headers);
  if (response.body === null) return new Uint8Array();
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  signal?.addEventListener("abort", () => void reader.cancel().catch(() => {}));
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    size += next.value.byteLength;
    if (size <= maxBytes) continue;
    await reader.cancel();
    return null;
  }
  if (expected !== null && expected !== size) {
    throw new Error(`received ${size} of ${expected} bytes`);
  }
  return concatenate(chunks, size);
}

/** @returns the length of a body in bytes; null if unknown, or if the body was decoded. */
export function contentLength(headers: Headers): number | null {
  const isEncoded = (headers.get("content-encoding") ?? "identity") !== "identity";
  return isEncoded ? null : rawContentLength(headers);
}

/** @returns the length of the bytes as sent, whatever their encoding; null if unknown. */
export function rawContentLength(headers: Headers): number | null {
  const length = headers.get("content-length") ?? "";
  return /^\d{1,15}$/.test(length) ? Number(length) : null;
}

export function isRedirect({ status }: Response): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** Releases a body that is not read. */
export function discard({ body }: Pick<Response, "body">): void {
  void body?.cancel().catch(() => {});
}

/** @returns the failure of a host whose response cannot be used for now. */
export function unusable(url: URL, problem: string): RegistryError {
  return new RegistryError("UNAVAILABLE", `${url.host} ${problem}; try again`, {
    isTransient: true,
  });
}

function fetchOptions({ method, headers, isRaw }: HttpRequest, signal: AbortSignal): RequestInit {
  return {
    method,
    headers: { "user-agent": USER_AGENT, "accept-encoding": "identity", ...headers },
    redirect: "manual",
    cache: "no-store",
    signal,
    ...(isRaw ? { encodeResponseBody: "manual" } : {}),
  };
}

function concatenate(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

function timedOut(host: string, timeoutMs: number): RegistryError {
  const seconds = timeoutMs / 1000;
  return new RegistryError("UNAVAILABLE", `${host} did not answer within ${seconds} s; try again`, {
    status: 504,
    isTransient: true,
  });
}

function unreachable(host: string, cause: unknown): RegistryError {
  return new RegistryError("UNAVAILABLE", `${host} cannot be reached; try again`, {
    isTransient: true,
    reason: cause instanceof Error ? cause.name : "connection failed",
  });
}

function circuitOpen(host: string): RegistryError {
  return new RegistryError("UNAVAILABLE", `${host} timed out repeatedly; try again soon`, {
    status: 503,
    retryAfterSeconds: COOLDOWN_SECONDS,
    isTransient: true,
  });
}
