import { env as bindings, waitUntil as platformWaitUntil } from "cloudflare:workers";

/**
 * Runs in the isolate of the measured Worker, which gets `env` and `waitUntil` from here. It
 * counts requests, KV and R2 operations and pending background work, sets the clock, and delays the stores.
 * Miniflare loads this file with its types stripped, so it imports nothing from the project.
 */
export function instrument(worker: ExportedHandler): ExportedHandler {
  return {
    fetch(request, _, context) {
      if (request.url.includes(STATE_PATH)) return handleState(new URL(request.url));
      counts.requests += 1;
      if (worker.fetch === undefined) throw new Error("The Worker has no fetch handler");
      return worker.fetch(request, env, watchContext(context));
    },
  };
}

const STATE_PATH = "/.bench/state";

type Operation = "kvReads" | "kvWrites" | "r2Reads" | "r2Writes";
type Methods = Readonly<Record<string, Operation>>;

const KV_METHODS: Methods = { get: "kvReads", getWithMetadata: "kvReads", put: "kvWrites" };
/** Reads are R2 operations of class B, writes those of class A. */
const R2_METHODS: Methods = {
  get: "r2Reads",
  head: "r2Reads",
  put: "r2Writes",
  list: "r2Writes",
  createMultipartUpload: "r2Writes",
};

const counts = { requests: 0, kvReads: 0, kvWrites: 0, r2Reads: 0, r2Writes: 0 };
const systemNow = Date.now;
let pending = 0;
let clockOffsetMs = 0;
let storeLatencyMs = 0;
let isLogging = false;

const { CACHE, BLOBS, ...variables } = bindings as { CACHE?: object; BLOBS?: object };

/** The bindings of the Worker; the stores are counted. */
export const env = {
  ...variables,
  ...(CACHE && { CACHE: countOperations(CACHE, KV_METHODS) }),
  ...(BLOBS && { BLOBS: countOperations(BLOBS, R2_METHODS) }),
};

/** Runs work after the response, and counts it as pending. */
export function waitUntil(work: Promise<unknown>): void {
  platformWaitUntil(watch(work));
}

Date.now = () => systemNow() + clockOffsetMs;
const systemLog = console.log;
// In production the platform transports log lines, not the Worker.
console.log = (...args) => {
  if (isLogging) systemLog(...args);
};

function handleState({ searchParams }: URL): Response {
  clockOffsetMs = Number(searchParams.get("clockOffset") ?? clockOffsetMs);
  storeLatencyMs = Number(searchParams.get("storeLatency") ?? storeLatencyMs);
  isLogging = (searchParams.get("log") ?? String(isLogging)) === "true";
  return Response.json({ ...counts, pending });
}

function countOperations(store: object, methods: Methods): object {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      const operation = methods[String(name)];
      return (...args: unknown[]) => {
        // One KV read can request many keys, and each counts.
        if (operation) counts[operation] += Array.isArray(args[0]) ? args[0].length : 1;
        const call = () => value.apply(target, args);
        const isDelayed = storeLatencyMs > 0 && operation?.endsWith("Reads");
        return isDelayed ? scheduler.wait(storeLatencyMs).then(call) : call();
      };
    },
  });
}

function watchContext(context: ExecutionContext): ExecutionContext {
  return new Proxy(context, {
    get(target, name) {
      if (name === "waitUntil") return (work: Promise<unknown>) => target.waitUntil(watch(work));
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function watch(work: Promise<unknown>): Promise<void> {
  pending += 1;
  try {
    await work;
  } finally {
    pending -= 1;
  }
}
