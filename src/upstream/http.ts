import type { Platform } from "../platform/platform.ts";
import { TimeoutError, withTimeout } from "../platform/timeout.ts";
import { type ErrorOptions, RegistryError } from "../protocol/errors.ts";
import { type Breaker, COOLDOWN_SECONDS } from "./breaker.ts";
import { describeConnectionFailure, EDGE_FAILURES } from "./connection-failure.ts";
import type { UpstreamUsage } from "./upstream.ts";

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
   * Gives the requests to the next upstream an equal share of the remaining time of the usage.
   *
   * @param left how many upstreams have not been asked, with the next one.
   * @param total the number of upstreams.
   * @returns whether the time is long enough to judge the upstream by it.
   */
  startShare(usage: UpstreamUsage, left: number, total: number): boolean;
  /**
   * Sends a request and follows no redirect. The caller judges the status.
   *
   * @throws RegistryError UNAVAILABLE: 502 without a connection, 504 without a first byte before the
   * deadline of the usage, 503 while the circuit of the host is open.
   */
  send(request: HttpRequest, usage: UpstreamUsage): Promise<Response>;
  /**
   * Reads a body into memory.
   *
   * @param url of the request, for the error.
   * @returns null if the body has more than `maxBytes`.
   * @throws RegistryError UNAVAILABLE: 502 if the body is truncated, 504 if it does not end in time.
   */
  read(
    response: Response,
    url: URL,
    usage: UpstreamUsage,
    maxBytes: number,
  ): Promise<Uint8Array | null>;
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
  /** One client request waits for one timeout in all, however many requests it causes. */
  function remainingMs({ startedAt, share }: UpstreamUsage): number {
    return share === null ? (startedAt ?? now()) + timeoutMs - now() : share.endsAt - now();
  }
  const allowedMs = ({ share }: UpstreamUsage) => share?.ms ?? timeoutMs;

  return {
    startShare(usage, left, total) {
      usage.share = null;
      const ms = remainingMs(usage) / left;
      if (left > 1) usage.share = { endsAt: now() + ms, ms };
      return ms >= timeoutMs / total / 2;
    },
    async send(request, usage) {
      const { host } = request.url;
      usage.startedAt ??= now();
      const limitMs = remainingMs(usage);
      if (limitMs <= 0) throw timedOut(host, allowedMs(usage));
      if (!breaker.allows(host, now())) {
        const options = { status: 503, retryAfterSeconds: COOLDOWN_SECONDS };
        throw unusable(host, "timed out repeatedly", options);
      }
      try {
        const response = await withTimeout(platform, limitMs, async (signal) => {
          for (let tries = 1; ; tries++) {
            usage.requests++;
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
        usage.isUp = response.status < 500;
        return response;
      } catch (error) {
        usage.isUp = false;
        if (error instanceof TimeoutError) {
          // A host that had little time left is not to blame.
          if (limitMs >= allowedMs(usage) / 2) {
            breaker.recordTimeout(host, usage.repository, now());
          }
          throw timedOut(host, allowedMs(usage));
        }
        breaker.recordReply(host);
        throw unusable(host, "cannot be reached", { reason: describeConnectionFailure(error) });
      }
    },
    async read(response, url, usage, maxBytes) {
      try {
        return await withTimeout(platform, remainingMs(usage), (signal) =>
          readUpTo(response, maxBytes, signal),
        );
      } catch (error) {
        if (error instanceof TimeoutError) throw timedOut(url.host, allowedMs(usage));
        throw unusable(url.host, "sent a truncated response", { reason: TRUNCATED });
      }
    },
  };
}

/**
 * Reads a body into memory: natively if its length is known, since that takes a third of the CPU.
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
  if (expected !== null && expected > maxBytes) {
    discard(response);
    return null;
  }
  const bytes =
    expected === null
      ? await readChunks(response.body, maxBytes, signal)
      : new Uint8Array(await new Response(response.body).arrayBuffer());
  if (expected === null || bytes?.byteLength === expected) return bytes;
  throw new Error(`received ${bytes?.byteLength} of ${expected} bytes`);
}

/** @returns null if there are more than `maxBytes`. */
async function readChunks(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array | null> {
  const reader = body.getReader();
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
  const bytes = new Uint8Array(size);
  let start = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, start);
    start += chunk.byteLength;
  }
  return bytes;
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

/** @returns the failure of a host that is of no use for now. */
export function unusable(host: string, problem: string, options: ErrorOptions = {}): RegistryError {
  const message = `${host} ${problem}; try again`;
  return new RegistryError("UNAVAILABLE", message, { isTransient: true, ...options });
}

/** @returns the failure of a host that answered with a status of its own trouble. */
export function failing({ host }: URL, status: number): RegistryError {
  const reason = EDGE_FAILURES[status] ?? null;
  return unusable(host, `answered with status ${status}`, { reason });
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

function timedOut(host: string, limitMs: number): RegistryError {
  const seconds = Math.ceil(limitMs / 1000);
  return unusable(host, `did not answer within ${seconds} s`, { status: 504 });
}

/** The reason of the error that means a body which ended early. */
const TRUNCATED = "truncated";

/** @returns a function that runs `work`, and once more if a body was truncated. */
export function retryTruncated<A extends readonly unknown[], T>(
  work: (...input: A) => Promise<T>,
): (...input: A) => Promise<T> {
  return async (...input) => {
    try {
      return await work(...input);
    } catch (error) {
      if (!isTruncated(error)) throw error;
    }
    return work(...input).catch((error) => {
      // A caller that retries too, as for a manifest that needs a token, must not start over.
      const final = { ...error, reason: null };
      throw isTruncated(error) ? new RegistryError(error.code, error.message, final) : error;
    });
  };
}

function isTruncated(error: unknown): error is RegistryError {
  return error instanceof RegistryError && error.reason === TRUNCATED;
}
