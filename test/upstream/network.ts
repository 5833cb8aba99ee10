import type { Account } from "../../src/config/registries.ts";
import { createMemory } from "../../src/platform/memory.ts";
import { createSingleFlight } from "../../src/platform/single-flight.ts";
import type { AuthScheme } from "../../src/protocol/challenge.ts";
import type { Digest } from "../../src/protocol/digest.ts";
import { RegistryError } from "../../src/protocol/errors.ts";
import type { Name } from "../../src/protocol/name.ts";
import type { Token, TokenIdentity } from "../../src/protocol/token.ts";
import { createBreaker } from "../../src/upstream/breaker.ts";
import { createHttp } from "../../src/upstream/http.ts";
import { createUsage, type Upstream } from "../../src/upstream/upstream.ts";

/** A request as it reached the network. */
interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly init: RequestInit;
}

/** Throws or rejects for a connection that fails. */
export type Respond = (request: SentRequest) => Response | Promise<Response>;

/** 2026-01-01T00:00:00Z. */
export const NOW = 1_767_225_600_000;
export const REGISTRY = "https://registry-1.docker.io";
export const NAME = "library/busybox" as Name;
export const DIGEST = `sha256:${"a".repeat(64)}` as Digest;
export const ACCOUNT: Account = { username: "alice", password: "pass" };
export const BASIC = "Basic YWxpY2U6cGFzcw==";
export const BEARER = {
  kind: "bearer",
  realm: "https://auth.docker.io/token",
  service: "registry.docker.io",
} as const satisfies AuthScheme;
export const CHALLENGE = `Bearer realm="${BEARER.realm}",service="${BEARER.service}"`;

/** A network whose clock and timers move only on request. */
export function createNetwork(respond: Respond) {
  const requests: SentRequest[] = [];
  const timers = new Set<{ readonly ms: number; readonly fire: () => void }>();
  const clock = { ms: NOW };
  const platform = {
    fetch: (async (url: string, init: RequestInit) => {
      const request = { method: init.method ?? "", url, headers: new Headers(init.headers), init };
      requests.push(request);
      return respond(request);
    }) as typeof fetch,
    now: () => clock.ms,
    startTimer(ms: number, fire: () => void) {
      const timer = { ms, fire };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    waitUntil: () => {},
  };
  const http = createHttp({ platform, timeoutMs: 10_000, breaker: createBreaker() });
  /** Ends the wait of everything that is in progress. */
  const expireTimers = () => {
    if (timers.size === 0) throw new Error("no timer is running");
    for (const { fire } of timers) fire();
  };
  return { platform, http, requests, timers, clock, expireTimers, usage: createUsage() };
}

export interface UpstreamOptions extends Partial<Upstream> {
  /** The known scheme; null if it must be discovered. Open by default. */
  readonly scheme?: AuthScheme | null;
  /** A cached token for `NAME` and the scheme `BEARER`. */
  readonly token?: string;
}

/** Docker Hub on a network of its own, with caches in memory. */
export function createUpstream(respond: Respond, options: UpstreamOptions = {}) {
  const network = createNetwork(respond);
  const { token, scheme = token ? BEARER : { kind: "open" }, ...fields } = options;
  const url = options.url ?? new URL(REGISTRY);
  const schemes = new Map<string, AuthScheme>(scheme ? [[url.host, scheme]] : []);
  const tokens = new Map<string, Token>();
  const persisted: string[] = [];
  const readToken = (identity: TokenIdentity) => tokens.get(JSON.stringify(identity)) ?? null;
  if (token) {
    const { realm, service } = BEARER;
    const username = options.account?.username ?? null;
    const scope = `repository:${NAME}:pull`;
    const identity = { registry: url.host, username, realm, service, scope };
    tokens.set(JSON.stringify(identity), { value: token, expiresAt: NOW + 60_000 });
  }
  const upstream: Upstream = {
    url,
    id: url.host,
    tokenHost: "auth.docker.io",
    account: null,
    clientToken: null,
    isRedirectTarget: false,
    http: network.http,
    usage: network.usage,
    now: network.platform.now,
    singleFlight: createSingleFlight({
      platform: network.platform,
      flights: createMemory(10),
      maxAgeMs: 11_000,
      usage: network.usage,
    }),
    challenges: {
      peek: (registry) => schemes.get(registry) ?? null,
      read: async (registry) => schemes.get(registry) ?? null,
      write: (registry, found) => void schemes.set(registry, found),
    },
    tokens: {
      peek: readToken,
      read: async (identity) => readToken(identity),
      write: (identity, found) => void tokens.set(JSON.stringify(identity), found),
      persist: (_, { value }) => void persisted.push(value),
    },
    blobUrls: createMemory(10),
    lastUntil: createMemory(10),
    ...fields,
  };
  return { ...network, upstream, schemes, persisted };
}

/** Gives the token `fresh` at the token service of Docker Hub, and answers the rest by `respond`. */
export function withTokens(respond: Respond): Respond {
  return (request) =>
    request.url.startsWith(BEARER.realm) ? Response.json({ token: "fresh" }) : respond(request);
}

/** Gives the answers one after another, and then repeats the last one. */
export function inOrder(...answers: readonly (Respond | Response)[]): Respond {
  let count = 0;
  return (request) => {
    const next = answers[Math.min(count++, answers.length - 1)];
    if (next === undefined) throw new Error("there is no answer");
    return typeof next === "function" ? next(request) : next;
  };
}

export function answer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: BodyInit | null = null,
): Response {
  return new Response(body, { status, headers });
}

export function redirect(location: string, status = 307): Response {
  return answer(status, { location });
}

/** A response whose body never ends, and how often the body was cancelled. */
export function endless(status = 200, headers: Readonly<Record<string, string>> = {}) {
  const state = { cancelled: 0 };
  const cancel = () => void state.cancelled++;
  return { state, response: answer(status, headers, new ReadableStream({ cancel })) };
}

/** @returns `GET https://…`, one line for each request. */
export function linesOf(requests: readonly SentRequest[]): string[] {
  return requests.map(({ method, url }) => `${method} ${url}`);
}

/** @returns the error that work failed with. */
export async function errorOf(work: Promise<unknown>): Promise<RegistryError> {
  const error = await work.then(
    () => "no error",
    (cause: unknown) => cause,
  );
  if (error instanceof RegistryError) return error;
  throw new Error("expected a RegistryError", { cause: error });
}

/** @returns everything of an error that could contain a secret. */
export function textOf({ message, headers, reason }: RegistryError): string {
  return JSON.stringify([message, headers, reason]);
}
