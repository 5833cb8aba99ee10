import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect } from "vitest";
import type { Env } from "../../src/env.ts";
import { handle } from "../../src/handle.ts";
import { createIsolate } from "../../src/isolate.ts";
import type { LogFields } from "../../src/log.ts";
import type { Outside } from "../../src/outside.ts";
import { runScheduled } from "../../src/scheduled.ts";
import { createHub, type Hub, type HubOptions } from "../support/hub.ts";
import { type CountedBucket, createBucket } from "./support/bucket.ts";
import { type Clock, createClock } from "./support/clock.ts";
import { createWitness, textOf } from "./support/kept.ts";
import { type CountedKv, createKv } from "./support/kv.ts";
import { expectLawful, expectNoSecret } from "./support/lawful.ts";

/** How a mirror under test is set up. */
export interface MirrorOptions {
  /** Vars and secrets. */
  readonly env?: Vars;
  /** A limit on requests; none unless said. */
  readonly rateLimit?: RateLimit;
  /** Where data points go; nowhere unless said. */
  readonly metrics?: AnalyticsEngineDataset;
  /** Whether there is a bucket for blobs; none unless said. */
  readonly keepsBlobs?: boolean;
  readonly hub?: Omit<HubOptions, "now">;
  /** What stands between the mirror and its upstream; nothing unless said. */
  readonly network?: (hub: typeof fetch) => typeof fetch;
  /** In place of the clock's. */
  readonly startTimer?: Outside["startTimer"];
  /** What chance decides, from 0 to 1; 0 unless said. */
  readonly random?: () => number;
  /** In place of the stores of the platform. */
  readonly bindings?: Partial<Env>;
  /** In place of the edge cache. */
  readonly openCache?: () => Promise<Cache>;
}

export type Vars = Readonly<Record<string, string | number | object>>;

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The code and message of an error; null for anything else. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A mirror and all that it touches. */
export interface Mirror {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly kv: CountedKv;
  readonly bucket: CountedBucket;
  readonly log: readonly LogLine[];
  /** What was given to `fetch`, beside the request itself. */
  readonly inits: readonly RequestInit[];
  /**
   * Asks and waits for what goes on after the answer.
   *
   * @param path on `ORIGIN`; a whole URL for another host of the mirror.
   */
  get(path: string, headers?: HeadersInit): Promise<Answer>;
  head(path: string, headers?: HeadersInit): Promise<Answer>;
  /** Asks in any way, waits as `get`, and expects nothing of the answer. */
  ask(path: string, init?: RequestInit): Promise<Answer>;
  /** Asks; nothing is read or waited for. */
  send(path: string, init?: RequestInit): Promise<Response>;
  /** The upstream's requests since the last time, such as `registry GET /v2/`. */
  calls(): string[];
  /** Asks once, and forgets what that took. */
  warm(path: string, headers?: HeadersInit): Promise<void>;
  /** Goes on in a new isolate of the same data centre; `elsewhere` in another one. */
  restart(where?: "here" | "elsewhere"): void;
  /** Goes on in the same isolate with other vars and secrets; every cache stays as it is. */
  reconfigure(env: Vars): void;
  /** All that KV and the edge cache were given to keep: keys, values, URLs, headers. */
  stored(): Promise<string>;
  /** Does what a cron trigger does, and waits as `get`. */
  tend(): Promise<void>;
  /** Waits for everything that goes on after answers. */
  settle(): Promise<void>;
}

export interface LogLine {
  readonly event: string;
  readonly fields: LogFields;
}

/** What it takes to get a token, cold. */
export const HANDSHAKE = ["registry GET /v2/", "auth GET /token"];

export const ORIGIN = "https://mirror.example.com";

/** @returns what makes mirrors. After each test nothing may have leaked, to whomever. */
export function useMirrors(): (options?: MirrorOptions) => Mirror {
  let mirrors: Mirror[] = [];
  beforeEach(async () => {
    mirrors = [];
    await reset();
  });
  afterEach(() => {
    for (const { hub, log } of mirrors) {
      expect(hub.leaks).toEqual([]);
      expectNoSecret(JSON.stringify(log));
    }
  });
  return (options = {}) => {
    const mirror = createMirror(options);
    mirrors.push(mirror);
    return mirror;
  };
}

function createMirror(options: MirrorOptions): Mirror {
  const clock = createClock();
  const hub = createHub({ ...options.hub, now: clock.now });
  const kv = createKv(env.CACHE, clock.now);
  const bucket = createBucket(env.BLOBS, clock.now);
  const log: LogLine[] = [];
  const inits: RequestInit[] = [];
  const work: Promise<unknown>[] = [];
  const network = options.network?.(hub.fetch) ?? hub.fetch;
  let isolate = createIsolate();
  let vars = options.env;
  const edge = createWitness();
  const place = crypto.randomUUID();
  let dataCentre = 1;
  let seen = 0;

  function bindings(): Env {
    const limit = options.rateLimit && { RATE_LIMIT: options.rateLimit };
    const metrics = options.metrics && { METRICS: options.metrics };
    const blobs = options.keepsBlobs && { BLOBS: bucket.binding };
    // Neither is a string at run time: vars are, and the binding is what it is.
    return {
      ...vars,
      ...limit,
      ...metrics,
      ...blobs,
      CACHE: kv.namespace,
      ...options.bindings,
    } as Env;
  }
  function outside(): Outside {
    const openCache = options.openCache ?? (() => caches.open(`${place} ${dataCentre}`));
    return {
      fetch(input, init = {}) {
        inits.push(init as RequestInit);
        return network(input as string, init as RequestInit);
      },
      now: clock.now,
      random: options.random ?? (() => 0),
      startTimer: options.startTimer ?? clock.startTimer,
      later: (promise) => void work.push(promise),
      openCache: async () => edge.watch(await openCache()),
      isolate,
      log: (event, fields) => void log.push({ event, fields }),
    };
  }
  function send(path: string, init: RequestInit = {}): Promise<Response> {
    const url = path.startsWith("https:") ? path : ORIGIN + path;
    const request = new Request(url, { redirect: "manual", ...init });
    return handle(request, bindings(), outside());
  }
  async function settle(): Promise<void> {
    while (work.length > 0) await Promise.allSettled(work.splice(0));
  }
  async function ask(method: string, path: string, headers?: HeadersInit): Promise<Answer> {
    const response = await send(path, { method, ...(headers ? { headers } : {}) });
    const answer = await read(method, response);
    await settle();
    return answer;
  }
  return {
    hub,
    clock,
    kv,
    bucket,
    log,
    inits,
    send,
    settle,
    get: (path, headers) => ask("GET", path, headers),
    head: (path, headers) => ask("HEAD", path, headers),
    async ask(path, init) {
      const answer = await take(await send(path, init));
      await settle();
      return answer;
    },
    async tend() {
      await runScheduled(bindings(), outside());
      await settle();
    },
    reconfigure(env) {
      vars = env;
    },
    stored: async () => `${await textOf(env.CACHE)}\n${edge.seen.join("\n")}`,
    calls() {
      const fresh = hub.requests.slice(seen);
      seen = hub.requests.length;
      return fresh.map(({ host, method, path }) => `${host} ${method} ${path}`);
    },
    async warm(path, headers) {
      await ask("GET", path, headers);
      seen = hub.requests.length;
      kv.reset();
    },
    restart(where = "here") {
      isolate = createIsolate();
      if (where === "elsewhere") dataCentre += 1;
    },
  };
}

async function take(response: Response): Promise<Answer> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { status, headers } = response;
  const text = new TextDecoder().decode(bytes);
  const isJson = status >= 400 && text.startsWith("{");
  return { status, headers, bytes, text, error: isJson ? JSON.parse(text).errors[0] : null };
}

/** Reads an answer to its end, and checks what holds for every one. */
export async function read(method: string, response: Response): Promise<Answer> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { status, headers } = response;
  expectLawful(method, response, bytes);
  const text = new TextDecoder().decode(bytes);
  const isError = status >= 400 && bytes.length > 0;
  return { status, headers, bytes, text, error: isError ? JSON.parse(text).errors[0] : null };
}
