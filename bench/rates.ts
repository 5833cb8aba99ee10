import { oci } from "../test/support/image.ts";
import { authenticate, dockerPull, LARGE_LAYER, pushNew, TYPICAL_MULTI } from "./client.ts";
import { type Figures, rotate } from "./figures.ts";
import type { Load, LoadGenerator } from "./load.ts";
import type { Mirror } from "./mirrors.ts";
import type { ProcessMeter } from "./workerd.ts";

/** How often and how long each load is applied. */
export interface LoadPlan {
  readonly rounds: number;
  readonly durationMs: number;
}

/** A request under load. */
interface Target extends Pick<Load, "url" | "headers"> {
  readonly name: string;
  /** Of the mirror; null if its log cannot be switched. */
  readonly setLogging: Mirror["setLogging"];
  /** The process that answers; null if it cannot be measured. */
  readonly process: ProcessMeter | null;
}

/** A server that is no mirror, or runs elsewhere. */
const NO_INSTRUMENTS = { process: null, setLogging: null };
export const MANIFESTS = "Repeated requests for a manifest, by tag";
const MANIFEST_CONNECTIONS = 32;
const BLOBS = "Repeated requests for a blob of 8 MiB";
const BLOB_CONNECTIONS = [1, 8, 32];
export const BUNDLE = "Bundle";
/** The upstream itself, without a mirror: the limit for a mirror that caches nothing. */
const STAND_IN = "stand-in";
const KIB_BYTES = 1024;
const MIB_BYTES = 1024 ** 2;
const GIB_BYTES = 1024 ** 3;

/** Requests a manifest that each mirror has served before, at the highest rate. */
export async function measureHits(
  mirrors: readonly Mirror[],
  trivial: Mirror,
  generator: LoadGenerator,
  { rounds, durationMs }: LoadPlan,
  figures: Figures,
): Promise<void> {
  const { repository, tag } = await pushAndPull(mirrors, TYPICAL_MULTI);
  const path = `/v2/${repository}/manifests/${tag}`;
  const accept = `${oci.index}, ${oci.manifest}`;
  const targets = [
    ...(await createTargets(mirrors, repository, path, { accept })),
    { ...NO_INSTRUMENTS, name: trivial.name, url: trivial.near.origin, headers: {} },
  ];
  for (let round = 0; round < rounds; round += 1) {
    for (const target of rotate(targets, round)) {
      const measure = async (suffix: string) => {
        const load = { ...target, connections: MANIFEST_CONNECTIONS, durationMs };
        const { responses, ms, cpuMs } = await applyLoad(generator, load);
        const perSecond = (1000 * responses) / ms;
        const cpuMicros = cpuMs && (1000 * cpuMs) / responses;
        const rate = { section: MANIFESTS, name: `rate${suffix}`, unit: "hits/s" } as const;
        const cpu = { section: MANIFESTS, name: `CPU${suffix}`, unit: "µs/hit" } as const;
        figures.add(rate, target.name, perSecond);
        figures.add(cpu, target.name, cpuMicros);
      };
      await measure("");
      if (target.setLogging === null) continue;
      await target.setLogging(true);
      await measure(", with its log");
      await target.setLogging(false);
    }
  }
  for (const { upstream } of mirrors) upstream.hub.reset();
}

/** Requests a large layer that has been pulled before, with 1 to 32 clients at once. */
export async function measureBlobs(
  mirrors: readonly Mirror[],
  generator: LoadGenerator,
  { rounds, durationMs }: LoadPlan,
  figures: Figures,
): Promise<void> {
  const { repository, image } = await pushAndPull(mirrors, LARGE_LAYER);
  const [[digest] = [""]] = [...image.blobs].sort(([, a], [, b]) => b.length - a.length);
  const path = `/v2/${repository}/blobs/${digest}`;
  const created = await createTargets(mirrors, repository, path);
  const targets = await Promise.all(created.map(followRedirect));
  const cpuPerGib: [name: string, ms: number | null][] = [];
  for (const connections of BLOB_CONNECTIONS) {
    const rate = `rate, ${connections} at once`;
    for (let round = 0; round < rounds; round += 1) {
      for (const target of rotate(targets, round)) {
        const load = { ...target, connections, durationMs };
        const { bytes, ms, cpuMs } = await applyLoad(generator, load);
        const perSecond = (1000 * bytes) / MIB_BYTES / ms;
        cpuPerGib.push([target.name, cpuMs && (cpuMs * GIB_BYTES) / bytes]);
        figures.add({ section: BLOBS, name: rate, unit: "MiB/s" }, target.name, perSecond);
      }
    }
  }
  for (const [name, ms] of cpuPerGib) {
    figures.add({ section: BLOBS, name: "CPU", unit: "ms/GiB" }, name, ms);
  }
  for (const { upstream } of mirrors) upstream.hub.reset();
}

/** Pushes a new image and pulls it through each mirror. */
async function pushAndPull(mirrors: readonly Mirror[], shape: typeof LARGE_LAYER) {
  const subject = await pushNew(mirrors, shape);
  for (const { near } of mirrors) {
    await dockerPull(near.origin, subject);
    await near.settle();
  }
  return subject;
}

/** @returns the same request to each mirror, and to the stand-in. */
async function createTargets(
  mirrors: readonly Mirror[],
  repository: string,
  path: string,
  headers: Load["headers"] = {},
): Promise<Target[]> {
  const standIn = mirrors[0]?.upstream.origins.registry ?? "";
  const servers = [
    ...mirrors.map(({ name, near, process, setLogging }) => {
      return { name, origin: near.origin, process, setLogging };
    }),
    { ...NO_INSTRUMENTS, name: STAND_IN, origin: standIn },
  ];
  return Promise.all(
    servers.map(async ({ origin, ...server }) => {
      const authorization = await authenticate(origin, repository);
      return { ...server, url: origin + path, headers: { ...headers, ...authorization } };
    }),
  );
}

/** @returns the target's storage, if it redirects there. The signed URL outlives the run. */
async function followRedirect(target: Target): Promise<Target> {
  const { url, headers } = target;
  const response = await fetch(url, { headers, redirect: "manual" });
  await response.arrayBuffer();
  const location = response.headers.get("location");
  return location === null ? target : { ...target, url: location, headers: {} };
}

/** @returns the result, and the CPU time of the target's process; null if it is unknown. */
async function applyLoad(generator: LoadGenerator, { process, ...load }: Target & Load) {
  const { url, headers, connections, durationMs } = load;
  const before = process?.cpuMs() ?? 0;
  const result = await generator.apply({ url, headers, connections, durationMs });
  return { ...result, cpuMs: process === null ? null : process.cpuMs() - before };
}

/** Measures the size of the bundle. */
export function measureBundle({ name, bundle }: Mirror, figures: Figures): void {
  const kib = (bytes?: number) => bytes && bytes / KIB_BYTES;
  figures.add({ section: BUNDLE, name: "as deployed", unit: "KiB" }, name, kib(bundle?.bytes));
  figures.add({ section: BUNDLE, name: "gzipped", unit: "KiB" }, name, kib(bundle?.gzipBytes));
}

/** Measures the peak memory of workerd so far. */
export function measureMemory({ name, process }: Mirror, figures: Figures): void {
  const peak = process?.peakBytes();
  const memory = { section: "Memory of workerd", name: "peak, resident", unit: "MiB" } as const;
  figures.add(memory, name, peak && peak / MIB_BYTES);
}
