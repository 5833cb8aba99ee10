import worker from "./worker.js";

/**
 * Stands before the Worker that is measured, in its isolate: it counts what the stores are asked,
 * knows how much work goes on after the answers, sets the clock and slows the stores down. It imports nothing else, since
 * it is run as it stands here, without its types.
 */
export default {
  fetch(request: Request, env: object, context: ExecutionContext) {
    if (request.url.includes(STATE_PATH)) return answerState(new URL(request.url));
    return worker.fetch(request, instrumented(env), watched(context));
  },
};

const STATE_PATH = "/.bench/state";

type Kind = "kvReads" | "kvWrites" | "r2Reads" | "r2Writes";
type Kinds = Readonly<Record<string, Kind>>;

const KV: Kinds = { get: "kvReads", getWithMetadata: "kvReads", put: "kvWrites" };
/** Reads are operations of class B, writes those of class A. */
const R2: Kinds = {
  get: "r2Reads",
  head: "r2Reads",
  put: "r2Writes",
  list: "r2Writes",
  createMultipartUpload: "r2Writes",
};

const counts: Record<Kind, number> = { kvReads: 0, kvWrites: 0, r2Reads: 0, r2Writes: 0 };
const environments = new WeakMap<object, object>();
const systemNow = Date.now;
let pending = 0;
let aheadMs = 0;
let storeLatencyMs = 0;

Date.now = () => systemNow() + aheadMs;
// Carrying log lines out of the isolate is the platform's work.
console.log = () => {};

function answerState({ searchParams }: URL): Response {
  aheadMs = Number(searchParams.get("ahead") ?? aheadMs);
  storeLatencyMs = Number(searchParams.get("storeLatency") ?? storeLatencyMs);
  return Response.json({ ...counts, pending });
}

/** Always the same object for the same environment, as the platform has it. */
function instrumented(env: object): object {
  const known = environments.get(env);
  if (known !== undefined) return known;
  const { CACHE, BLOBS } = env as { CACHE?: object; BLOBS?: object };
  const made = {
    ...env,
    ...(CACHE && { CACHE: counted(CACHE, KV) }),
    ...(BLOBS && { BLOBS: counted(BLOBS, R2) }),
  };
  environments.set(env, made);
  return made;
}

function counted(store: object, kinds: Kinds): object {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      const kind = kinds[String(name)];
      return (...args: unknown[]) => {
        // Many keys may be asked for at once, and each counts.
        if (kind !== undefined) counts[kind] += Array.isArray(args[0]) ? args[0].length : 1;
        const use = () => value.apply(target, args);
        const isSlow = storeLatencyMs > 0 && kind?.endsWith("Reads");
        return isSlow ? scheduler.wait(storeLatencyMs).then(use) : use();
      };
    },
  });
}

function watched(context: ExecutionContext): ExecutionContext {
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
