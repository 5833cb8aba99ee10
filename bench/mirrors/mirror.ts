import { setTimeout as pause } from "node:timers/promises";
import { type ServedHub, serveHub } from "../../test/support/serve.ts";
import type { Bundle } from "./bundle.ts";
import { createClock } from "./clock.ts";
import type { ProcessMeter } from "./process.ts";
import { startWorkerd } from "./workerd.ts";

/** A mirror that is measured, and a stand-in Docker Hub of its own. */
export interface Mirror {
  readonly name: string;
  /** Null for one that runs elsewhere; so are the others below. */
  readonly bundle: Bundle | null;
  readonly near: Outlet;
  /** The same mirror in another data centre: other memory and edge cache, the same KV and R2. */
  readonly far: Outlet | null;
  readonly upstream: ServedHub;
  /** Lets time pass for the mirror and for its upstream. */
  readonly letPass: ((ms: number) => Promise<void>) | null;
  /** Makes each read of KV or R2 take so much longer. */
  readonly slowStores: ((ms: number) => Promise<void>) | null;
  readonly process: ProcessMeter | null;
  close(): Promise<void>;
}

/** Where clients reach a mirror. */
export interface Outlet {
  readonly origin: string;
  /**
   * Waits until nothing goes on after the answers.
   *
   * @returns what the stores have been asked so far; null if nobody counts.
   */
  settle(): Promise<StoreCounts | null>;
}

export interface StoreCounts {
  readonly kvReads: number;
  readonly kvWrites: number;
  readonly r2Reads: number;
  readonly r2Writes: number;
}

/** A Worker that the bench runs itself. */
export interface WorkerOptions {
  readonly name: string;
  readonly bundle: Bundle;
  readonly hasBlobs: boolean;
}

/** More than any run spends, so that the peers can go on. */
export const UNLIMITED = { pullLimit: 1_000_000_000 };
const POLL_MS = 5;
/** What a mirror that cannot be asked is given to finish its work. */
const GRACE_MS = 100;

/** Starts a Worker with an upstream of its own. One at a time. */
export async function startMirror({ name, bundle, hasBlobs }: WorkerOptions): Promise<Mirror> {
  const clock = createClock();
  const upstream = await serveHub({ ...UNLIMITED, now: clock.now });
  const vars = { UPSTREAM: upstream.origins.registry, NAMESPACE: "library" };
  const workerd = await startWorkerd({ bundle, vars, hasBlobs });
  const [near, far] = workerd.origins;
  const setEach = async (query: string) => {
    for (const origin of workerd.origins) await askState(`${origin}?${query}`);
  };
  return {
    ...{ name, bundle, upstream },
    near: countedOutlet(near),
    far: countedOutlet(far),
    process: workerd.process,
    async letPass(ms) {
      clock.putForward(ms);
      await setEach(`ahead=${clock.ahead()}`);
    },
    slowStores: (ms) => setEach(`storeLatency=${ms}`),
    async close() {
      await workerd.stop();
      await upstream.close();
    },
  };
}

/** @param upstream the stand-in that this mirror was set up to ask; several may share it. */
export function connectMirror(name: string, origin: string, upstream: ServedHub): Mirror {
  const near: Outlet = { origin, settle: () => pause(GRACE_MS, null) };
  return {
    ...{ name, near, upstream },
    ...{ bundle: null, far: null, letPass: null, slowStores: null, process: null },
    close: async () => {},
  };
}

function countedOutlet(origin: string): Outlet {
  return {
    origin,
    async settle() {
      for (;;) {
        const { pending, ...counts } = await askState(origin);
        if (pending === 0) return counts;
        await pause(POLL_MS);
      }
    },
  };
}

/** @param place origin of a Worker behind the instruments, and perhaps a query for them. */
async function askState(place: string): Promise<StoreCounts & { pending: number }> {
  const url = new URL(place);
  url.pathname = "/.bench/state";
  return (await fetch(url)).json() as Promise<StoreCounts & { pending: number }>;
}
