import { setTimeout as pause } from "node:timers/promises";
import { createImage } from "../../../bench/client.ts";
import { truncate } from "../../support/hub/faults.ts";
import type { Fault, Hub, HubRequest } from "../../support/hub.ts";
import type { Image } from "../../support/image.ts";
import type { ServedHub } from "../../support/serve.ts";
import type { Random } from "./random.ts";

/** What a tag has pointed to. */
export interface Version {
  readonly digest: string;
  /** When it was pushed, by the machine's clock. */
  readonly since: number;
  /** How many manifests a pull of it fetches: one, or an index and one. */
  readonly manifests: number;
  readonly blobs: number;
}

/** A tag that clients pull, and everything that it has pointed to, the newest last. */
export interface Subject {
  readonly repository: string;
  readonly tag: string;
  readonly versions: Version[];
}

/** The images of the upstream. */
export interface Images {
  readonly subjects: readonly Subject[];
  /** Makes the tag point to a new image. */
  move(subject: Subject): Promise<void>;
}

const PLATFORM = "linux/amd64";
/** The largest blob that the mirror keeps in memory or at the edge. */
export const CACHED_BYTES = 1024 * 1024;
const LARGE_BYTES = CACHED_BYTES + 1;
const SMALL_LAYERS = [60_000, 20_000, 1_000];
/** Every third image has a large layer, every other one an index. */
const LARGE_EACH = 3;
const INDEX_EACH = 2;

/** Pushes so many images. */
export async function createImages(hub: Hub, count: number): Promise<Images> {
  const subjects = Array.from({ length: count }, (_, index) => ({
    repository: `library/load-${index}`,
    tag: "1.0",
    versions: [],
  }));
  const push = async (subject: Subject) => {
    const image = await createImage(shapeOf(subjects.indexOf(subject as never)));
    hub.push(subject.repository, subject.tag, image);
    subject.versions.push(describe(image));
  };
  for (const subject of subjects) await push(subject);
  return { subjects, move: push };
}

function shapeOf(index: number) {
  const layers = index % LARGE_EACH === 0 ? [LARGE_BYTES, ...SMALL_LAYERS] : SMALL_LAYERS;
  const platforms = index % INDEX_EACH === 0 ? [PLATFORM, "linux/arm64"] : [PLATFORM];
  return { layers, platforms };
}

function describe({ tagDigest: digest, platforms, blobs }: Image): Version {
  return { digest, since: Date.now(), manifests: platforms.size > 1 ? 2 : 1, blobs: blobs.size };
}

/** Kinds of upstream requests. */
export const REQUESTS = [
  "tagHeads",
  "manifestGets",
  "tokenGets",
  "blobGets",
  "storageGets",
] as const;
/** Faults of single requests, with their probabilities. */
export const FAULTS = {
  ...{ reset: 0.01, failing: 0.01, limited: 0.005, slow: 0.02 },
  ...{ truncated: 0.01, wrong: 0.005, hang: 0.002 },
};
export type RequestKind = (typeof REQUESTS)[number];
type FaultKind = keyof typeof FAULTS;

/** What happened at the upstream. */
export interface UpstreamStats {
  /** Requests that were answered correctly. */
  readonly served: Record<RequestKind, number>;
  /** Requests that met a fault. */
  readonly failed: Record<RequestKind, number>;
  readonly faults: Record<FaultKind, number>;
  /** Periods in which everyone is refused, or the hosts are gone. */
  outages: number;
  /** Outages in which every request under way was lost. */
  departures: number;
}

/** Nothing yet. */
export function createStats(): UpstreamStats {
  const requests = () => countsOf(REQUESTS);
  const faults = countsOf(Object.keys(FAULTS) as FaultKind[]);
  return { served: requests(), failed: requests(), faults, outages: 0, departures: 0 };
}

function countsOf<K extends string>(kinds: readonly K[]): Record<K, number> {
  return Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<K, number>;
}

/** How many outages of all kinds a run has, and which share of its time they take. */
const OUTAGES = 8;
const OUTAGE_SHARE = 0.1;

/**
 * Causes faults and outages at a hub until the signal, and none before and afterwards.
 *
 * @returns what has happened, which it goes on to count, and a function that starts the faults.
 */
export function createFaults({ hub, goAway, comeBack }: ServedHub, random: Random) {
  const stats = createStats();
  let isOn = false;

  hub.intercept(async (request, next) => {
    // The hub records every request, which is meant for short tests.
    hub.requests.length = 0;
    const fault = isOn ? pickFault(random) : null;
    const kind = kindOf(request);
    if (kind !== null) stats[fault === null ? "served" : "failed"][kind] += 1;
    if (fault === null) return undefined;
    stats.faults[fault] += 1;
    return makeFault(fault, request, next, random);
  });

  const modes = [null, "exhausted", "limited", "gone"] as const;
  async function cause(mode: (typeof modes)[number], lastingMs: number): Promise<void> {
    stats.outages += 1;
    if (mode === null) {
      stats.departures += 1;
      await goAway();
    } else hub.become(mode);
    await pause(lastingMs);
    if (mode === null) await comeBack();
    else hub.become("serving");
  }

  async function run(seconds: number, signal: AbortSignal): Promise<void> {
    isOn = true;
    const eachMs = (seconds * 1_000) / OUTAGES;
    const lastingMs = eachMs * OUTAGE_SHARE;
    for (let number = 0; !signal.aborted; number += 1) {
      await pause(eachMs - lastingMs, null, { signal }).catch(() => null);
      if (!signal.aborted) await cause(modes[number % modes.length] ?? null, lastingMs);
    }
    isOn = false;
  }
  return { stats, run };
}

function kindOf({ host, method, path }: HubRequest): RequestKind | null {
  if (host === "auth") return "tokenGets";
  if (host === "storage") return "storageGets";
  if (path.includes("/blobs/")) return "blobGets";
  if (!path.includes("/manifests/")) return null;
  return method === "HEAD" ? "tagHeads" : "manifestGets";
}

const SLOW_MS = 400;

/** @returns the fault of the next request; null for most of them. */
function pickFault(random: Random): FaultKind | null {
  let point = random.next();
  for (const [kind, probability] of Object.entries(FAULTS)) {
    if (point < probability) return kind as FaultKind;
    point -= probability;
  }
  return null;
}

/** @returns the upstream's answer with that fault. */
async function makeFault(
  kind: FaultKind,
  request: HubRequest,
  next: () => Promise<Response>,
  random: Random,
): Promise<Response | Fault> {
  switch (kind) {
    case "reset":
    case "hang":
      return kind;
    case "failing":
      return new Response("internal error", { status: 500 + 3 * random.below(2) });
    case "limited":
      return new Response("slow down", { status: 429, headers: { "retry-after": "1" } });
    case "slow":
      await pause(SLOW_MS);
      return next();
    case "truncated": {
      const response = await next();
      const length = Number(response.headers.get("content-length"));
      return response.body === null ? response : truncate(response, Math.ceil(length / 2));
    }
    case "wrong":
      return corrupt(request, await next());
  }
}

/** A manifest with one byte flipped. Only clients verify blobs, so theirs stay right. */
async function corrupt({ path, method }: HubRequest, response: Response): Promise<Response> {
  if (!path.includes("/manifests/") || method !== "GET" || !response.ok) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  const { status, headers } = response;
  return new Response(bytes, { status, headers });
}
