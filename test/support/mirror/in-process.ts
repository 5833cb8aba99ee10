import { env as platformBindings } from "cloudflare:workers";
import { afterEach, beforeEach, expect } from "vitest";
import type { Env } from "../../../src/config/settings.ts";
import { createHandler, type Handler } from "../../../src/handle.ts";
import { createIsolate, type Isolate } from "../../../src/isolate.ts";
import type { Platform } from "../../../src/platform/platform.ts";
import { createHub, type Hub, type HubOptions } from "../hub.ts";
import { type Clock, createClock } from "./clock.ts";
import { expectLawful, expectNoSecret } from "./response-check.ts";
import {
  type CountedBucket,
  type CountedKv,
  createBucket,
  createEdge,
  createKv,
} from "./stores.ts";

/** The only place that knows how the Worker is entered. */
function enterWorker(bindings: object, platform: Platform, isolate: Isolate): Handler {
  return createHandler(bindings as Env, platform, isolate);
}

/** Vars and secrets. */
export type Vars = Readonly<Record<string, string | number | object>>;

/** The set-up of a mirror under test. */
export interface MirrorOptions {
  readonly env?: Vars;
  /** A limit on requests; none by default. */
  readonly rateLimit?: RateLimit;
  /** The data set of the metrics; none by default. */
  readonly metrics?: AnalyticsEngineDataset;
  /** Whether there is a bucket for blobs; none by default. */
  readonly keepsBlobs?: boolean;
  readonly hub?: Omit<HubOptions, "now">;
  /** Further registries on the network. */
  readonly others?: readonly Omit<HubOptions, "now">[];
  /** Wraps the network between the mirror and the registries. */
  readonly network?: (upstream: typeof fetch) => typeof fetch;
  /** Replaces the clock's. */
  readonly startTimer?: Platform["startTimer"];
  /** Replaces the platform's random numbers; 0 by default. */
  readonly random?: () => number;
  /** Replaces the stores of the platform. */
  readonly bindings?: Readonly<Record<string, unknown>>;
  /** Called with the name of each setting or binding that the Worker reads. */
  readonly onRead?: (name: string) => void;
  /** Replaces the edge cache. */
  readonly openCache?: () => Promise<Cache>;
}

/** A response, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The code and message of an error; null for anything else. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface LogLine {
  readonly event: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

/** A request of the mirror to the network. */
export interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** A mirror with its registries, its stores, its log and its clock. */
export interface Mirror {
  readonly hub: Hub;
  /** `hub` and the other registries. */
  readonly hubs: readonly Hub[];
  readonly clock: Clock;
  readonly kv: CountedKv;
  readonly bucket: CountedBucket;
  readonly log: readonly LogLine[];
  readonly sent: readonly Sent[];
  /**
   * Asks and waits for the background work.
   *
   * @param path on `ORIGIN`; a whole URL for another host of the mirror.
   */
  get(path: string, headers?: HeadersInit): Promise<Answer>;
  head(path: string, headers?: HeadersInit): Promise<Answer>;
  /** Sends any request, waits as `get` does, and does not check the response. */
  ask(path: string, init?: RequestInit): Promise<Answer>;
  /** Sends any request without reading the response or waiting. */
  send(path: string, init?: RequestInit): Promise<Response>;
  /** The requests of `hub` since the last call, such as `registry GET /v2/`. */
  calls(): string[];
  /** All requests to the network since the last call, such as `ghcr.io GET /token?service=x`. */
  fetches(): string[];
  /** Asks once, and forgets the calls that this took. */
  warm(path: string, headers?: HeadersInit): Promise<void>;
  /** Goes on in a new isolate, in the same data centre or in a new one. */
  restart(where?: "here" | "elsewhere" | "back"): void;
  /** Goes on in the same isolate with other vars and secrets; every cache stays as it is. */
  reconfigure(env: Vars): void;
  /** All that KV and the edge cache were given to store: keys, values, URLs, headers. */
  stored(): Promise<string>;
  /** Waits for all background work. */
  settle(): Promise<void>;
}

export const ORIGIN = "https://mirror.example.com";

/** Requests that a token costs if nothing is cached. */
export const HANDSHAKE = ["registry GET /v2/", "auth GET /token"];

/** @returns a function that makes mirrors. After each test nothing may have leaked. */
export function useMirrors(): (options?: MirrorOptions) => Mirror {
  let mirrors: Mirror[] = [];
  beforeEach(() => {
    mirrors = [];
  });
  afterEach(() => {
    for (const { hubs, log } of mirrors) {
      expect(hubs.flatMap(({ leaks }) => leaks)).toEqual([]);
      expectNoSecret(JSON.stringify(log));
    }
  });
  return (options = {}) => {
    const mirror = createMirror(options);
    mirrors.push(mirror);
    return mirror;
  };
}

/** Makes a mirror in a data centre of its own. */
function createMirror(options: MirrorOptions): Mirror {
  const clock = createClock();
  const hub = createHub({ ...options.hub, now: clock.now });
  const others = options.others ?? [];
  const hubs = [hub, ...others.map((other) => createHub({ ...other, now: clock.now }))];
  const kv = createKv(platformBindings.CACHE, clock.now);
  const bucket = createBucket(platformBindings.BLOBS, clock.now);
  const edge = createEdge();
  const log: LogLine[] = [];
  const sent: Sent[] = [];
  const work: Promise<unknown>[] = [];
  const seen = { calls: 0, fetches: 0 };
  const place = crypto.randomUUID();
  let dataCentre = 1;
  const upstream = async (input: RequestInfo | URL, init?: RequestInit) => {
    // The hosts of a gateway's token service belong to the other registry.
    const serving = hubs.findLast((one) => one.serves(String(input))) ?? hub;
    return serving.fetch(String(input), init);
  };
  const network = options.network?.(upstream as typeof fetch) ?? upstream;
  const openCache = options.openCache ?? (() => caches.open(`${place} ${dataCentre}`));
  const platform: Platform = {
    fetch(input, init = {}) {
      sent.push({ url: String(input), init });
      return network(input as string, init);
    },
    now: clock.now,
    random: options.random ?? (() => 0),
    startTimer: options.startTimer ?? clock.startTimer,
    waitUntil: (promise) => void work.push(promise),
    openCache: async () => edge.watch(await openCache()),
    log: (event, fields) => void log.push({ event, fields }),
  };
  function bindingsWith(vars: Vars | undefined): object {
    const bindings = {
      ...vars,
      ...(options.rateLimit && { RATE_LIMIT: options.rateLimit }),
      ...(options.metrics && { METRICS: options.metrics }),
      ...(options.keepsBlobs && { BLOBS: bucket.binding }),
      CACHE: kv.namespace,
      ...options.bindings,
    };
    return new Proxy(bindings, {
      get(target, name) {
        options.onRead?.(String(name));
        return Reflect.get(target, name);
      },
    });
  }
  let bindings = bindingsWith(options.env);
  let isolate = createIsolate();
  let serve = enterWorker(bindings, platform, isolate);

  function send(path: string, init: RequestInit = {}): Promise<Response> {
    const url = /^https?:/.test(path) ? path : ORIGIN + path;
    return serve(new Request(url, { redirect: "manual", ...init }));
  }
  async function settle(): Promise<void> {
    while (work.length > 0) await Promise.allSettled(work.splice(0));
  }
  async function ask(path: string, init?: RequestInit): Promise<Answer> {
    const answer = await take(await send(path, init));
    await settle();
    return answer;
  }
  async function askLawfully(method: string, path: string, headers: HeadersInit = {}) {
    const answer = await read(method, await send(path, { method, headers }));
    await settle();
    return answer;
  }
  return {
    ...{ hub, hubs, clock, kv, bucket, log, sent, send, settle, ask },
    get: (path, headers) => askLawfully("GET", path, headers),
    head: (path, headers) => askLawfully("HEAD", path, headers),
    calls() {
      const fresh = hub.requests.slice(seen.calls);
      seen.calls = hub.requests.length;
      return fresh.map(({ host, method, path }) => `${host} ${method} ${path}`);
    },
    fetches() {
      const fresh = sent.slice(seen.fetches);
      seen.fetches = sent.length;
      return fresh.map(describe);
    },
    async warm(path, headers) {
      await askLawfully("GET", path, headers);
      seen.calls = hub.requests.length;
      seen.fetches = sent.length;
      kv.reset();
    },
    restart(where = "here") {
      isolate = createIsolate();
      if (where === "elsewhere") dataCentre += 1;
      if (where === "back") dataCentre = 1;
      serve = enterWorker(bindings, platform, isolate);
    },
    reconfigure(env) {
      bindings = bindingsWith(env);
      serve = enterWorker(bindings, platform, isolate);
    },
    stored: async () => `${await kv.text()}\n${edge.seen.join("\n")}`,
  };
}

/** Reads a response to its end, and checks what holds for every response. */
export async function read(method: string, response: Response): Promise<Answer> {
  const answer = await take(response);
  expectLawful(method, answer);
  return answer;
}

async function take(response: Response): Promise<Answer> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { status, headers } = response;
  const text = new TextDecoder().decode(bytes);
  const isError = status >= 400 && text.startsWith("{");
  return { status, headers, bytes, text, error: isError ? JSON.parse(text).errors[0] : null };
}

/** A request without the signature of its URL. */
function describe({ url, init }: Sent): string {
  const { protocol, host, pathname, search } = new URL(url);
  const origin = protocol === "https:" ? host : `${protocol}//${host}`;
  const query = search.includes("Signature=") ? "" : decodeURIComponent(search);
  return `${origin} ${init.method ?? "GET"} ${pathname}${query}`;
}
