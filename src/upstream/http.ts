import { discard, readUpTo } from "./body.ts";
import type { Breaker } from "./breaker.ts";
import { resting, timedOut, unreachable } from "./outage.ts";
import type { RateLimit } from "./rate-limit.ts";

/** One request to the upstream, built from scratch: no client header is ever passed on. */
export interface UpstreamRequest {
  readonly url: URL;
  readonly method: "GET" | "HEAD";
  readonly headers: Readonly<Record<string, string>>;
  /** True for a blob: its bytes as stored, whatever encoding the storage labels them with. */
  readonly isRaw?: boolean;
}

export interface Http {
  /**
   * Sends one request, following no redirect. The answer's status is the caller's to judge.
   *
   * @throws RegistryError UNAVAILABLE: 502 without a connection, 504 without a first byte in
   * time, 503 while the host is given a rest.
   */
  send(request: UpstreamRequest): Promise<Response>;
  /**
   * @param url what was asked, for the error.
   * @param maxMs what it may take; as long as a first byte unless said.
   * @returns the body; null if it has more than `maxBytes`.
   * @throws RegistryError UNAVAILABLE: 502 if it breaks off, 504 if it does not end in time.
   */
  read(response: Response, url: URL, maxBytes: number, maxMs?: number): Promise<Uint8Array | null>;
}

/** Starts a timer. @returns what stops it. */
export type StartTimer = (ms: number, fire: () => void) => () => void;

/** What one client request caused upstream. */
export interface Trace {
  upstreamRequests: number;
  /** As the registry last told it, or null. */
  rateLimit: RateLimit | null;
  /** Whether the last one asked gave an answer; null if nobody was asked. */
  isUp: boolean | null;
}

export interface HttpDeps {
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly startTimer: StartTimer;
  readonly timeoutMs: number;
  readonly breaker: Breaker;
  readonly trace: Trace;
}

const USER_AGENT = "sampan";
/** A kept-alive connection that was just closed fails at once; a second try gets a new one. */
const TRIES = 2;

/** @returns the one way to the network; `deps.trace` counts what it sends. */
export function createHttp(deps: HttpDeps): Http {
  return {
    send: (request) => send(deps, request),
    read: (response, url, maxBytes, maxMs = deps.timeoutMs) =>
      read({ ...deps, timeoutMs: Math.min(maxMs, deps.timeoutMs) }, response, url, maxBytes),
  };
}

async function send(deps: HttpDeps, request: UpstreamRequest): Promise<Response> {
  const { breaker, trace, now } = deps;
  const host = request.url.host;
  if (!breaker.allows(host, now())) throw resting(host);
  const deadline = startDeadline(deps);
  try {
    const response = await tryTwice(deps, request, deadline.signal);
    breaker.recordReply(host);
    trace.isUp = response.status < 500;
    return response;
  } catch (cause) {
    trace.isUp = false;
    if (!deadline.hasPassed()) {
      breaker.recordReply(host);
      throw unreachable(host, cause);
    }
    breaker.recordTimeout(host, now());
    throw timedOut(host, deps.timeoutMs);
  } finally {
    deadline.stop();
  }
}

async function tryTwice(
  deps: HttpDeps,
  request: UpstreamRequest,
  signal: AbortSignal,
): Promise<Response> {
  for (let tries = 1; ; tries++) {
    deps.trace.upstreamRequests++;
    const answer = deps.fetch(request.url.href, {
      method: request.method,
      headers: { "user-agent": USER_AGENT, "accept-encoding": "identity", ...request.headers },
      redirect: "manual",
      cache: "no-store",
      signal,
      ...(request.isRaw ? { encodeResponseBody: "manual" } : {}),
    });
    try {
      return await Promise.race([answer, aborted(signal)]);
    } catch (error) {
      answer.then(discard, () => {});
      if (tries === TRIES || signal.aborted) throw error;
    }
  }
}

/** The platform's fetch heeds the signal by itself; nothing here depends on that. */
function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason));
  return promise;
}

async function read(
  deps: HttpDeps,
  response: Response,
  url: URL,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const deadline = startDeadline(deps);
  try {
    const bytes = await readUpTo(response, maxBytes, deadline.signal);
    if (!deadline.hasPassed()) return bytes;
  } catch (cause) {
    if (!deadline.hasPassed()) throw unreachable(url.host, cause);
  } finally {
    deadline.stop();
  }
  throw timedOut(url.host, deps.timeoutMs);
}

function startDeadline(deps: HttpDeps) {
  const controller = new AbortController();
  const stop = deps.startTimer(deps.timeoutMs, () => controller.abort());
  return { signal: controller.signal, stop, hasPassed: () => controller.signal.aborted };
}
