import { afterEach, beforeEach, expect } from "vitest";
import type { Env } from "../../src/config/settings.ts";
import { createHandler } from "../../src/handle.ts";
import { createIsolate } from "../../src/isolate.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { imageOf, OCI_MANIFEST } from "./contents.ts";
import { createHub, type Hub, type HubOptions } from "./hub.ts";
import { type Clock, createClock } from "./mirror/clock.ts";
import { type LogLine, ORIGIN, type Vars } from "./mirror/in-process.ts";
import { expectNoSecret } from "./mirror/response-check.ts";
import { createInvocations, type Invocation, type Subrequests } from "./platform/invocations.ts";
import { createModelKv, type ModelKv } from "./platform/kv.ts";
import {
  createCollector,
  createModelBucket,
  createModelEdge,
  digestOfZeros,
  type ModelBucket,
  type ModelEdge,
  readPieces,
} from "./platform/stores.ts";

/*
 * Cloudflare's rules that a single local workerd does not have. The Worker runs in process, in
 * several isolates and data centres; time is virtual. Sources: CFD is cloudflare/cloudflare-docs,
 * WD is cloudflare/workerd.
 */

const FAST_TURNS = 8;
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface ModelOptions {
  readonly env?: Vars;
  readonly hub?: Omit<HubOptions, "now">;
  readonly keepsBlobs?: boolean;
  /** The duration of a KV read, in milliseconds; 0 by default. */
  readonly kvReadMs?: number;
  /** How long a KV write takes to reach other data centres, in milliseconds; 0 by default. */
  readonly kvSpreadMs?: () => number;
  readonly kvWritesPerDay?: number;
  /** The duration of an upstream request until its first byte, in milliseconds; 0 by default. */
  readonly networkMs?: number;
  /** Answers in place of the hub; null leaves a URL to it. */
  readonly network?: (url: URL) => Response | null;
  /** The bandwidth of each download from an upstream or a store; unlimited by default. */
  readonly bytesPerSecond?: number;
}

/** A response, its body unread. */
export interface ModelResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Virtual time until the headers, in milliseconds. */
  readonly waitedMs: number;
  readonly subrequests: Readonly<Subrequests>;
  /**
   * Reads the body, or a part of it and disconnects.
   *
   * @param bytesPerSecond unlimited by default.
   */
  read(options?: { bytesPerSecond?: number; disconnectAfter?: number }): Promise<ReadBody>;
}

export interface ReadBody {
  readonly size: number;
  /** Null for more than 4 MiB. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  /** Null unless the body failed. */
  readonly failure: string | null;
}

/** A response, read to its end. */
export interface ModelAnswer extends Omit<ModelResponse, "read">, ReadBody {
  readonly text: string;
}

export interface ModelIsolate {
  /** Sends a request and runs virtual time until the headers arrive. */
  send(path: string, init?: RequestInit): Promise<ModelResponse>;
  /** Sends a request, reads the response, and lets all work end that needs no time. */
  get(path: string, headers?: HeadersInit): Promise<ModelAnswer>;
  head(path: string, headers?: HeadersInit): Promise<ModelAnswer>;
  /** Sends a request without running time. */
  start(path: string, init?: RequestInit): Promise<ModelResponse>;
  /** Ends the isolate with its memory and everything that it is doing. */
  disappear(): void;
}

export interface DataCentre {
  readonly name: string;
  readonly edge: ModelEdge;
  createIsolate(): ModelIsolate;
}

/** A request of the Worker to an upstream. */
export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly dataCentre: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Null until an answer arrives. */
  status: number | null;
}

export interface PlatformModel {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly kv: ModelKv;
  readonly bucket: ModelBucket;
  readonly log: readonly LogLine[];
  readonly sent: readonly SentRequest[];
  createDataCentre(): DataCentre;
  /**
   * Pushes a layer of so many zeros.
   *
   * @param backfillBytesPerSecond the bandwidth of every download but the first.
   * @returns its path on the mirror.
   */
  pushLayer(size: number, backfillBytesPerSecond?: number): string;
  /** Runs virtual time until the work is done. */
  run<T>(work: Promise<T>): Promise<T>;
  /** Lets virtual time pass. */
  pass(seconds: number): Promise<void>;
  /** Lets all work end that needs no time. */
  settle(): Promise<void>;
}

/** A layer of zeros. */
interface Layer {
  readonly size: number;
  readonly backfillBytesPerSecond: number | undefined;
  downloads: number;
}

/** @returns a function that makes models. After each test nothing may have leaked. */
export function usePlatformModels(): (options?: ModelOptions) => PlatformModel {
  let models: PlatformModel[] = [];
  beforeEach(() => {
    models = [];
  });
  afterEach(() => {
    for (const { hub, log } of models) {
      expect(hub.leaks).toEqual([]);
      expectNoSecret(JSON.stringify(log));
    }
  });
  return (options) => {
    const model = createPlatformModel(options);
    models.push(model);
    return model;
  };
}

/** A platform whose upstream has `library/busybox:1.36`. */
export function createPlatformModel(options: ModelOptions = {}): PlatformModel {
  const clock = createClock();
  const hub = createHub({ ...options.hub, now: clock.now });
  hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  const layers = new Map<string, Layer>();
  const log: LogLine[] = [];
  const sent: SentRequest[] = [];
  const { networkMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY } = options;
  const invocations = createInvocations(clock, bytesPerSecond);
  const { context } = invocations;

  const { kvReadMs = 0, kvSpreadMs = () => 0, kvWritesPerDay = 1_000 } = options;
  const kvRules = { readMs: kvReadMs, spreadMs: kvSpreadMs, writesPerDay: kvWritesPerDay };
  const kv = createModelKv(context, kvRules);
  const bucket = createModelBucket(context);

  /** The same response with a body of the platform, which fails if it is shorter than its length. */
  function receive(invocation: Invocation, response: Response, url: string): Response {
    const { status, headers, body } = response;
    if (body === null) return response;
    const hex = new URL(url).pathname.split("/").at(-2) ?? "";
    const layer = layers.get(hex);
    if (layer !== undefined && status === 200) {
      const { size, backfillBytesPerSecond } = layer;
      void body.cancel();
      const whole = new Headers(headers);
      whole.set("content-length", String(size));
      layer.downloads += 1;
      const speed = layer.downloads > 1 ? backfillBytesPerSecond : undefined;
      const zeros = context.open({ size, bytes: null }, 0, size, speed);
      return new Response(zeros, { status, headers: whole });
    }
    const { read, cancel } = readPieces(body);
    let left = Number(headers.get("content-length") ?? Number.NaN);
    const pull = async () => {
      const piece = await read();
      left -= piece?.byteLength ?? 0;
      if (piece === null && left > 0) throw new TypeError("Network connection lost.");
      return piece;
    };
    const stream = invocations.createBody(invocation, pull, {
      cancel: () => void cancel().catch(() => {}),
    });
    return new Response(stream, { status, headers });
  }

  function createPlatform(dataCentre: string, edge: ModelEdge): Platform {
    return {
      async fetch(input, init = {}) {
        const invocation = invocations.current();
        const url = String(input);
        const request = { url, method: init.method ?? "GET", dataCentre, at: clock.now() };
        const seen: SentRequest = { ...request, status: null };
        if (!invocation.isCut) {
          invocations.count(invocation, "external");
          sent.push(seen);
        }
        return invocations.within(invocation, async () => {
          await context.sleep(networkMs);
          const response = options.network?.(new URL(url)) ?? (await hub.fetch(url, init));
          seen.status = response.status;
          return receive(invocation, response, url);
        });
      },
      now: clock.now,
      random: () => 0,
      startTimer: invocations.startTimer,
      waitUntil: invocations.waitUntil,
      openCache: async () => edge.cache,
      log: (event, fields) => void (invocations.current().isCut || log.push({ event, fields })),
    };
  }

  function deliver(
    invocation: Invocation,
    gone: Promise<never>,
    { status, headers, body }: Response,
    waitedMs: number,
  ): ModelResponse {
    // A body of the platform is pumped without the invocation, which ends at once; any other one
    // keeps it alive until it is read ("deferred proxying": WD io/worker-entrypoint.c++ stages 2 and
    // 3, api/system-streams.c++ tryPumpFrom, api/deferred-proxy-flow-test.c++, workerd#6151).
    if (body === null || invocations.detach(body)) invocations.end(invocation);
    async function read({
      bytesPerSecond = Number.POSITIVE_INFINITY,
      disconnectAfter = Number.POSITIVE_INFINITY,
    } = {}) {
      if (body === null) return { size: 0, bytes: new Uint8Array(), failure: null };
      const pieces = readPieces(body);
      const collector = createCollector();
      let size = 0;
      let failure: string | null = null;
      try {
        while (size < disconnectAfter) {
          const next = pieces.read(disconnectAfter - size);
          next.catch(() => {});
          const piece = await Promise.race([next, gone]);
          if (piece === null) break;
          size += piece.byteLength;
          collector.add(piece);
          await context.sleep((piece.byteLength * 1000) / bytesPerSecond);
        }
      } catch (error) {
        failure = String(error);
      }
      if (size >= disconnectAfter || failure !== null) void pieces.cancel().catch(() => {});
      invocations.end(invocation);
      return { size, bytes: size > MAX_BODY_BYTES ? null : collector.end().bytes, failure };
    }
    return { status, headers, waitedMs, subrequests: invocation.subrequests, read };
  }

  function createModelIsolate(dataCentre: string, edge: ModelEdge): ModelIsolate {
    const bindings = {
      ...options.env,
      CACHE: kv.bindingFor(dataCentre),
      ...(options.keepsBlobs && { BLOBS: bucket.binding }),
    };
    const platform = createPlatform(dataCentre, edge);
    const handle = createHandler(bindings as unknown as Env, platform, createIsolate());
    const gone = Promise.withResolvers<never>();
    gone.promise.catch(() => {});

    async function start(path: string, init: RequestInit = {}): Promise<ModelResponse> {
      const startedAt = clock.now();
      const invocation = invocations.create(gone.promise);
      const request = new Request(ORIGIN + path, { redirect: "manual", ...init });
      const handling = invocations.enter(invocation, () => handle(request));
      const response = await Promise.race([handling, gone.promise]);
      return deliver(invocation, gone.promise, response, clock.now() - startedAt);
    }
    const send = (path: string, init?: RequestInit) => run(start(path, init));
    async function ask(method: string, path: string, headers: HeadersInit = {}) {
      const response = await send(path, { method, headers });
      const body = await run(response.read());
      await settle();
      const text = new TextDecoder().decode(body.bytes ?? new Uint8Array());
      return { ...response, ...body, text };
    }
    return {
      ...{ start, send },
      get: (path, headers) => ask("GET", path, headers),
      head: (path, headers) => ask("HEAD", path, headers),
      disappear: () => gone.reject(new TypeError("Network connection lost.")),
    };
  }

  async function settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  async function run<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const note = () => {
      isSettled = true;
    };
    work.then(note, note);
    // Most work needs no time; these turns are much faster than a timer of the runtime.
    for (let turns = 0; turns < FAST_TURNS && !isSettled; turns++) await new Response("").text();
    while (!isSettled) {
      await settle();
      if (isSettled) break;
      const seconds = clock.untilNext();
      if (seconds === null) throw new Error("Nothing is left that could happen.");
      clock.advance(seconds);
    }
    return work;
  }
  async function pass(seconds: number): Promise<void> {
    const end = clock.now() + seconds * 1000;
    for (await settle(); clock.now() < end; await settle()) {
      clock.advance(Math.min(clock.untilNext() ?? seconds, (end - clock.now()) / 1000));
    }
  }
  return {
    ...{ hub, clock, kv, bucket, log, sent, run, pass, settle },
    createDataCentre() {
      const name = crypto.randomUUID();
      const edge = createModelEdge(context);
      return { name, edge, createIsolate: () => createModelIsolate(name, edge) };
    },
    pushLayer(size, backfillBytesPerSecond) {
      const digest = digestOfZeros(size);
      layers.set(digest.slice("sha256:".length), { size, backfillBytesPerSecond, downloads: 0 });
      const blobs = new Map([[digest, new Uint8Array(1)]]);
      hub.push("library/busybox", null, { ...imageOf(OCI_MANIFEST), blobs });
      return `/v2/busybox/blobs/${digest}`;
    },
  };
}
