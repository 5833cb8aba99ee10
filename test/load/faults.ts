import { setTimeout as pause } from "node:timers/promises";
import type { HubRequest } from "../support/hub.ts";
import type { ServedHub } from "../support/serve.ts";
import { makeFault, pickFault } from "./make-fault.ts";
import type { Random } from "./random.ts";

/** What reached the upstream while it was not in an outage. */
export interface UpstreamCounts {
  tagHeads: number;
  manifestGets: number;
  tokenGets: number;
  blobGets: number;
  storageGets: number;
}

/** What went wrong at the upstream. */
export interface FaultCounts {
  reset: number;
  failing: number;
  limited: number;
  slow: number;
  truncated: number;
  hang: number;
  wrong: number;
  /** Times in which everybody is refused, or nobody is there. */
  outages: number;
}

/** Faults at a stand-in Docker Hub. */
export interface Faults {
  /** Requests that were answered well. */
  readonly served: UpstreamCounts;
  /** Requests that a fault was made of. */
  readonly failed: UpstreamCounts;
  readonly counts: FaultCounts;
  /** Times in which everything under way was lost. */
  readonly departures: () => number;
  /** Has outages until the signal, and then none, nor any other fault. */
  run(seconds: number, signal: AbortSignal): Promise<void>;
}

/** How many outages of all kinds a run has, and which share of its time they take. */
const OUTAGES = 8;
const OUTAGE_SHARE = 0.1;

/** Puts faults into a hub; none until `run`. */
export function createFaults({ hub, goAway, comeBack }: ServedHub, random: Random): Faults {
  const [served, failed] = [noRequests(), noRequests()];
  const counts = noFaults();
  let departures = 0;
  let isOn = false;

  hub.intercept(async (request, next) => {
    // The hub keeps what it was asked for tests that are short.
    hub.requests.length = 0;
    const kind = isOn ? pickFault(random) : null;
    const count = kindOf(request);
    if (kind === null) {
      if (count !== null) served[count] += 1;
      return undefined;
    }
    counts[kind] += 1;
    if (count !== null) failed[count] += 1;
    return makeFault(kind, request, next, random);
  });

  const outages = [
    async (lastingMs: number) => {
      departures += 1;
      await goAway();
      await pause(lastingMs);
      await comeBack();
    },
    ...(["exhausted", "limited", "gone"] as const).map((mode) => async (lastingMs: number) => {
      hub.become(mode);
      await pause(lastingMs);
      hub.become("serving");
    }),
  ];

  return {
    ...{ served, failed, counts },
    departures: () => departures,
    async run(seconds, signal) {
      isOn = true;
      const eachMs = (seconds * 1_000) / OUTAGES;
      const lastingMs = eachMs * OUTAGE_SHARE;
      for (let number = 0; !signal.aborted; number += 1) {
        await pause(eachMs - lastingMs, null, { signal }).catch(() => null);
        if (signal.aborted) break;
        counts.outages += 1;
        await outages[number % outages.length]?.(lastingMs);
      }
      isOn = false;
    },
  };
}

function kindOf({ host, method, path }: HubRequest): keyof UpstreamCounts | null {
  if (host === "auth") return "tokenGets";
  if (host === "storage") return "storageGets";
  if (path.includes("/blobs/")) return "blobGets";
  if (!path.includes("/manifests/")) return null;
  return method === "HEAD" ? "tagHeads" : "manifestGets";
}

function noRequests(): UpstreamCounts {
  return { tagHeads: 0, manifestGets: 0, tokenGets: 0, blobGets: 0, storageGets: 0 };
}

function noFaults(): FaultCounts {
  return {
    ...{ reset: 0, failing: 0, limited: 0, slow: 0 },
    ...{ truncated: 0, hang: 0, wrong: 0, outages: 0 },
  };
}
