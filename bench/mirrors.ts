import { setTimeout as pause } from "node:timers/promises";
import { type ServedHub, serveHub } from "../test/support/serve.ts";
import type { Options } from "./options.ts";
import {
  type Bundle,
  bundle,
  type ProcessMeter,
  readBundle,
  startWorkerd,
  toBundle,
} from "./workerd.ts";

/** A measured mirror, and its upstream: a stand-in for Docker Hub. */
export interface Mirror {
  readonly name: string;
  readonly near: Endpoint;
  readonly upstream: ServedHub;
  /** Null for a mirror that runs elsewhere; so are all below. */
  readonly bundle: Bundle | null;
  /** The same mirror in another data centre: other memory and edge cache, same KV and R2. */
  readonly far: Endpoint | null;
  /** Advances the clocks of the mirror and of its upstream. */
  readonly advance: ((ms: number) => Promise<void>) | null;
  /** Delays each read of KV and R2. */
  readonly delayStores: ((ms: number) => Promise<void>) | null;
  /** Whether log lines leave the isolate; they are dropped at first. */
  readonly setLogging: ((isOn: boolean) => Promise<void>) | null;
  readonly process: ProcessMeter | null;
  close(): Promise<void>;
}

export interface Endpoint {
  readonly origin: string;
  /**
   * Waits until no background work is pending.
   *
   * @returns the requests and store operations so far; null if they are not counted.
   */
  settle(): Promise<Counts | null>;
}

export interface Counts {
  readonly requests: number;
  readonly kvReads: number;
  readonly kvWrites: number;
  readonly r2Reads: number;
  readonly r2Writes: number;
}

/** A quota that no run exhausts, so that mirrors without a cache can finish. */
export const UNLIMITED = { pullLimit: 1_000_000_000 };
const POLL_MS = 5;
/** Time for the background work of a mirror that does not report it. */
const GRACE_MS = 100;

/** A Worker without any work: it shows the highest rate that the machine allows. */
export const TRIVIAL = toBundle(`
const BODY = JSON.stringify({ schemaVersion: 2, manifests: [], filler: "x".repeat(2000) });
export default {
  fetch: () => new Response(BODY, { headers: { "content-type": "application/json" } }),
};`);

/**
 * Bundles this mirror and the pass-through, starts them and the other Workers, and connects the
 * mirrors that run elsewhere.
 *
 * @param resources gets all of them, to be closed at the end.
 */
export async function startMirrors(
  { workers, peers, hubPort }: Pick<Options, "workers" | "peers" | "hubPort">,
  resources: AsyncDisposableStack,
): Promise<Mirror[]> {
  const mirrors: Mirror[] = [];
  const start = async (name: string, code: Bundle, hasBlobs: boolean) => {
    const mirror = await startMirror(name, code, hasBlobs);
    resources.defer(mirror.close);
    mirrors.push(mirror);
  };
  const own = await bundle("src/worker.ts");
  await start("sampan", own, false);
  await start("sampan-r2", own, true);
  await start("pass-through", await bundle("bench/pass-through.ts"), false);
  for (const { name, location } of workers) await start(name, await readBundle(location), true);
  if (peers.length === 0) return mirrors;
  const upstream = await serveHub({ ...UNLIMITED, port: hubPort });
  resources.defer(upstream.close);
  for (const { name, location } of peers) mirrors.push(connectMirror(name, location, upstream));
  return mirrors;
}

/** Starts a Worker with an upstream of its own, so that every upstream request is its own. */
export async function startMirror(name: string, code: Bundle, hasBlobs: boolean): Promise<Mirror> {
  let clockOffsetMs = 0;
  const upstream = await serveHub({ ...UNLIMITED, now: () => Date.now() + clockOffsetMs });
  const vars = { UPSTREAM: upstream.origins.registry, NAMESPACE: "library" };
  const workerd = await startWorkerd({ bundle: code, vars, hasBlobs });
  const [near, far] = workerd.origins;
  const setBoth = async (query: string) => {
    for (const origin of workerd.origins) await requestState(`${origin}?${query}`);
  };
  return {
    ...{ name, bundle: code, upstream },
    near: countedEndpoint(near),
    far: countedEndpoint(far),
    process: workerd.process,
    async advance(ms) {
      clockOffsetMs += ms;
      await setBoth(`clockOffset=${clockOffsetMs}`);
    },
    delayStores: (ms) => setBoth(`storeLatency=${ms}`),
    setLogging: (isOn) => setBoth(`log=${isOn}`),
    async close() {
      await workerd.stop();
      await upstream.close();
    },
  };
}

/** @param upstream the stand-in that this mirror is configured with; several may share it. */
export function connectMirror(name: string, origin: string, upstream: ServedHub): Mirror {
  const near: Endpoint = { origin, settle: () => pause(GRACE_MS, null) };
  return {
    ...{ name, near, upstream },
    ...{ bundle: null, far: null, advance: null, delayStores: null },
    ...{ setLogging: null, process: null },
    close: async () => {},
  };
}

function countedEndpoint(origin: string): Endpoint {
  return {
    origin,
    async settle() {
      for (;;) {
        const { pending, ...counts } = await requestState(origin);
        if (pending === 0) return counts;
        await pause(POLL_MS);
      }
    },
  };
}

/** @param location origin of an instrumented Worker, with a query to change its settings. */
async function requestState(location: string): Promise<Counts & { pending: number }> {
  const url = new URL(location);
  url.pathname = "/.bench/state";
  return (await fetch(url)).json() as Promise<Counts & { pending: number }>;
}
