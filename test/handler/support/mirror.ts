import { env } from "cloudflare:workers";
import { createHandler, type Handler } from "../../../src/handle.ts";
import { createIsolate } from "../../../src/isolate.ts";
import type { LogFields } from "../../../src/platform/log.ts";
import type { Platform } from "../../../src/platform/platform.ts";
import { createHub, type Hub } from "../../support/hub.ts";
import { type Answer, read, take } from "./answer.ts";
import { type CountedBucket, createBucket } from "./bucket.ts";
import { type Clock, createClock } from "./clock.ts";
import { createWitness } from "./kept.ts";
import { type CountedKv, createKv } from "./kv.ts";
import { bindingsOf, type MirrorOptions, type Vars } from "./options.ts";

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
  /** Goes on in a new isolate of the same data centre; `elsewhere` in a new one, `back` in the first. */
  restart(where?: "here" | "elsewhere" | "back"): void;
  /** Goes on in the same isolate with other vars and secrets; every cache stays as it is. */
  reconfigure(env: Vars): void;
  /** All that KV and the edge cache were given to keep: keys, values, URLs, headers. */
  stored(): Promise<string>;
  /** Waits for everything that goes on after answers. */
  settle(): Promise<void>;
}

export interface LogLine {
  readonly event: string;
  readonly fields: LogFields;
}

export const ORIGIN = "https://mirror.example.com";

/** Makes a mirror in a data centre of its own. */
export function createMirror(options: MirrorOptions): Mirror {
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
  let [dataCentre, seen] = [1, 0];

  const bindings = () => bindingsOf(options, vars, { CACHE: kv.namespace, BLOBS: bucket.binding });
  let handler: Handler | null = null;
  function outside(): Platform {
    const openCache = options.openCache ?? (() => caches.open(`${place} ${dataCentre}`));
    return {
      fetch(input, init = {}) {
        inits.push(init as RequestInit);
        return network(input as string, init as RequestInit);
      },
      now: clock.now,
      random: options.random ?? (() => 0),
      startTimer: options.startTimer ?? clock.startTimer,
      waitUntil: (promise) => void work.push(promise),
      openCache: async () => edge.watch(await openCache()),
      log: (event, fields) => void log.push({ event, fields }),
    };
  }
  function send(path: string, init: RequestInit = {}): Promise<Response> {
    const url = path.startsWith("https:") ? path : ORIGIN + path;
    const request = new Request(url, { redirect: "manual", ...init });
    handler ??= createHandler(bindings(), outside(), isolate);
    return handler(request);
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
    reconfigure(env) {
      vars = env;
      handler = null;
    },
    stored: async () => `${await kv.text()}\n${edge.seen.join("\n")}`,
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
      handler = null;
      if (where === "elsewhere") dataCentre += 1;
      if (where === "back") dataCentre = 1;
    },
  };
}
