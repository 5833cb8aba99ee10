import { createBreaker } from "../../src/upstream/breaker.ts";
import { createHttp, type Trace } from "../../src/upstream/http.ts";
import type { Account, Credential, Credentials, Upstream } from "../../src/upstream/upstream.ts";

/** A request as the network saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly init: RequestInit;
}

/** What the network answers; throws or rejects for a connection that fails. */
export type Answer = (seen: Seen) => Response | Promise<Response>;

/** 2026-01-01T00:00:00Z. */
export const NOW = 1_767_225_600_000;

const NOTHING_NEEDED: Credentials = {
  get: async () => ({ header: null, isFresh: false }),
  renew: async () => null,
  at: () => NOTHING_NEEDED,
};

/** A network of one's own, with a clock and timers that move when they are told to. */
export function createNetwork(answer: Answer) {
  const seen: Seen[] = [];
  const timers: { readonly ms: number; readonly fire: () => void }[] = [];
  const clock = { ms: NOW };
  const trace: Trace = { upstreamRequests: 0, rateLimit: null, isUp: null };
  const breaker = createBreaker();
  const http = createHttp({
    fetch: (async (url: string, init: RequestInit) => {
      const method = init.method ?? "";
      const request = { method, url, headers: new Headers(init.headers), init };
      seen.push(request);
      return untilAborted(answer(request), init.signal);
    }) as typeof fetch,
    now: () => clock.ms,
    startTimer(ms, fire) {
      const timer = { ms, fire };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    timeoutMs: 10_000,
    breaker,
    trace,
  });
  return { http, seen, timers, clock, trace, breaker };
}

/** @returns answers one after another, the last one again and again. */
export function inTurn(...answers: readonly (Answer | Response)[]): Answer {
  let turn = 0;
  return (seen) => {
    const answer = answers[Math.min(turn++, answers.length - 1)];
    if (answer === undefined) throw new Error("no answer is left");
    return typeof answer === "function" ? answer(seen) : answer;
  };
}

/** Asks a registry on `answer` with the credentials given. */
export function createUpstream(
  answer: Answer,
  options: {
    readonly url?: string;
    readonly account?: Account;
    readonly credential?: Credential;
    readonly renewed?: Credential | null;
    /** Those for other registries. */
    readonly elsewhere?: Credentials;
  } = {},
) {
  const network = createNetwork(answer);
  const renewals: (string | null)[] = [];
  const elsewhere: string[] = [];
  const credentials: Credentials = {
    get: async () => options.credential ?? { header: "Bearer cached", isFresh: false },
    at({ origin }) {
      elsewhere.push(origin);
      return options.elsewhere ?? NOTHING_NEEDED;
    },
    async renew(_, __, challenge) {
      renewals.push(challenge);
      return options.renewed === undefined
        ? { header: "Bearer fresh", isFresh: true }
        : options.renewed;
    },
  };
  const url = new URL(options.url ?? "https://registry-1.docker.io");
  const account = options.account ?? null;
  const upstream: Upstream = {
    url,
    account,
    credentials,
    quota: { seen: null },
    http: network.http,
    trace: network.trace,
    now: () => network.clock.ms,
  };
  return { ...network, upstream, renewals, elsewhere };
}

/** @returns an answer whose headers are exactly these, its length among them. */
export function answer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: BodyInit | null = null,
): Response {
  return new Response(body, { status, headers });
}

/** @returns what was thrown, in the words of a test: code, status and what else is set. */
export async function failureFrom(work: Promise<unknown>): Promise<Record<string, unknown>> {
  return work.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: Record<string, unknown>) => error,
  );
}

/** Lets everything go on that waits for nothing outside. */
export async function breathe(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

function untilAborted<T>(work: T | Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  signal?.addEventListener("abort", () => reject(signal.reason));
  return Promise.race([work, aborted]);
}
