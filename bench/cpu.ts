import { randomFillSync, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Hub } from "../test/support/hub.ts";
import { addBlob, addManifest, emptyParts, type Image, oci } from "../test/support/image.ts";
import { serveHub } from "../test/support/serve.ts";
import { authenticate } from "./client.ts";
import { type Figures, REFERENCE, rotate } from "./figures.ts";
import { type LoneWorker, startLoneWorker } from "./lone-worker.ts";
import { type Mirror, UNLIMITED } from "./mirrors.ts";
import type { ProcessMeter } from "./workerd.ts";

export const CPU = "Extra CPU of a request over the pass-through";

export interface CpuPlan {
  readonly rounds: number;
  /** The number of requests in a sample; a tenth of it for those that take longest. */
  readonly requests: number;
  /** The kinds of requests, by name; all of them if absent. */
  readonly kinds?: readonly string[];
}

/** A kind of request. */
interface Kind {
  readonly name: string;
  readonly setting: Setting;
  /** Whether few requests make a sample. */
  readonly isLarge: boolean;
  prepare(hub: Hub, count: number): Promise<Sample>;
}

/** Requests that are measured together. */
interface Sample {
  /** The path of a request that comes first and is not measured; null if there is none. */
  readonly warmUp: string | null;
  readonly requests: readonly MeasuredRequest[];
}

interface MeasuredRequest {
  readonly repository: string;
  readonly path: string;
  /** The path at the pass-through, if it is another one. */
  readonly passThroughPath?: string;
  /** The length of the response; null for a token. */
  readonly bytes: number | null;
}

interface Setting {
  readonly vars: Readonly<Record<string, string>>;
  readonly pathPrefix: string;
  readonly authorization: string | null;
}

const TAG = "1.0";
const KIB_BYTES = 1024;
const MIB_BYTES = 1024 ** 2;
const LARGE_FACTOR = 10;
/** A Worker is idle after this time without CPU. */
const IDLE_MS = 60;
const POLL_MS = 20;
/** Threads that wait use a little CPU. */
const IDLE_CPU_MS = 0.2;

const USER = "user-20";
const PASSWORD = "secret-of-user-20";
const BASIC = `Basic ${btoa(`${USER}:${PASSWORD}`)}`;
const USERS = Array.from({ length: 20 }, (_, index) => {
  return `user-${index + 1}=secret-of-user-${index + 1}`;
});
const SECRETS = ["a", "b", "c", "d", "e"].map((letter) => letter.repeat(48));
/** Only the last of 21 rules matches. */
const RULES = [...Array.from({ length: 20 }, (_, index) => `team-${index}/**`), "library/*"];

const OPEN: Setting = { vars: {}, pathPrefix: "", authorization: null };
/** The settings of the mirror that a kind needs. */
const SETTINGS = {
  open: OPEN,
  login: {
    ...OPEN,
    vars: { LOGIN: "upstream", LOGIN_KEY: "k".repeat(32) },
    authorization: BASIC,
  },
  users: { ...OPEN, vars: { ACCESS_USERS: USERS.join() }, authorization: BASIC },
  locked: {
    ...OPEN,
    vars: {
      ACCESS_PATHS: SECRETS.map((secret, index) => `path-${index}=${secret}`).join(),
      IMAGES_ALLOW: RULES.join(),
    },
    pathPrefix: `/${SECRETS.at(-1)}`,
  },
} satisfies Record<string, Setting>;

const KINDS: readonly Kind[] = [
  {
    name: "cold tag",
    setting: SETTINGS.open,
    isLarge: false,
    prepare: coldManifests(() => manifestOf(1_000)),
  },
  { name: "warm tag", setting: SETTINGS.open, isLarge: false, prepare: warmTag },
  {
    ...{ name: "cold index of 200 KB", setting: SETTINGS.open, isLarge: true },
    prepare: coldManifests(() => indexOf(200_000)),
  },
  {
    ...{ name: "cold manifest of 4 MiB", setting: SETTINGS.open, isLarge: true },
    prepare: coldManifests(() => manifestOf(4 * MIB_BYTES)),
  },
  coldBlobs("10 KB", 10_000, false),
  coldBlobs("100 KB", 100_000, false),
  coldBlobs("256 KiB", 256 * KIB_BYTES, false),
  coldBlobs("512 KiB", 512 * KIB_BYTES, true),
  coldBlobs("1 MiB", MIB_BYTES, true),
  {
    name: "tag list of 1 MiB",
    setting: SETTINGS.open,
    isLarge: true,
    prepare: tagLists(MIB_BYTES),
  },
  { name: "login", setting: SETTINGS.login, isLarge: false, prepare: logins },
  { name: "warm tag, 20 users", setting: SETTINGS.users, isLarge: false, prepare: warmTag },
  {
    ...{ name: "warm tag, 5 path secrets and 21 image rules", setting: SETTINGS.locked },
    ...{ isLarge: false, prepare: warmTag },
  },
];

/**
 * Measures the CPU of each kind of request: through each mirror, minus that of the same bytes through
 * the pass-through, in rounds in which they take turns. The first round is for the compiler and is
 * not counted. Measures nothing where the system has no /proc.
 *
 * @param mirrors with the pass-through among them. Those that run elsewhere are left out.
 */
export async function measureCpu(
  mirrors: readonly Pick<Mirror, "name" | "bundle">[],
  plan: CpuPlan,
  figures: Figures,
): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const accounts = { [USER]: PASSWORD };
  const upstream = await serveHub({ ...UNLIMITED, accounts, pageSize: UNLIMITED.pullLimit });
  resources.defer(upstream.close);
  const kinds = KINDS.filter(({ name }) => plan.kinds?.includes(name) ?? true);
  for (const setting of new Set(kinds.map((kind) => kind.setting))) {
    await using workers = new AsyncDisposableStack();
    const servers: Server[] = [];
    for (const { name, bundle } of mirrors) {
      if (bundle === null) continue;
      const own = name === REFERENCE ? SETTINGS.open : setting;
      const vars = { ...own.vars, UPSTREAM: upstream.origins.registry };
      const worker = await startLoneWorker(bundle.code, vars);
      workers.defer(worker.close);
      if (worker.process.cpuMs() === 0) return;
      servers.push({ ...worker, name });
    }
    for (const kind of kinds.filter((other) => other.setting === setting)) {
      await measureKind(kind, servers, upstream.hub, plan, figures);
      upstream.hub.reset();
    }
  }
}

/** A measured mirror. */
interface Server extends LoneWorker {
  readonly name: string;
}

async function measureKind(
  { name, setting, isLarge, prepare }: Kind,
  servers: readonly Server[],
  hub: Hub,
  { rounds, requests }: CpuPlan,
  figures: Figures,
): Promise<void> {
  const count = Math.ceil(requests / (isLarge ? LARGE_FACTOR : 1));
  for (let round = 0; round <= rounds; round += 1) {
    const sample = await prepare(hub, count);
    const cpuMs = new Map<string, number>();
    for (const server of rotate(servers, round)) {
      cpuMs.set(server.name, await measureSample(server, sample, setting));
    }
    const passThroughMs = cpuMs.get(REFERENCE);
    cpuMs.delete(REFERENCE);
    if (passThroughMs === undefined || round === 0) continue;
    for (const [mirror, ms] of cpuMs) {
      figures.add({ section: CPU, name, unit: "ms of CPU" }, mirror, ms - passThroughMs);
    }
  }
}

/** @returns the CPU of one request of the sample in milliseconds, with its background work. */
async function measureSample(
  { name, origin, process }: Server,
  { warmUp, requests }: Sample,
  { pathPrefix, authorization }: Setting,
): Promise<number> {
  const calls: (() => Promise<void>)[] = [];
  for (const { repository, path, passThroughPath, bytes } of requests) {
    if (name === REFERENCE) {
      const isLogin = passThroughPath !== undefined;
      const headers = isLogin ? { authorization: BASIC } : await authenticate(origin, repository);
      calls.push(() => get(origin + (passThroughPath ?? path), headers, bytes));
    } else {
      const headers = authorization === null ? {} : { authorization };
      calls.push(() => get(origin + pathPrefix + path, headers, bytes));
      if (warmUp !== null && calls.length === 1) {
        await get(origin + pathPrefix + warmUp, headers, null);
      }
    }
  }
  await untilIdle(process);
  const before = process.cpuMs();
  for (const call of calls) await call();
  await untilIdle(process);
  return (process.cpuMs() - before) / calls.length;
}

async function get(
  url: string,
  headers: Readonly<Record<string, string>>,
  bytes: number | null,
): Promise<void> {
  const accept = `${oci.index}, ${oci.manifest}`;
  const response = await fetch(url, { headers: { accept, ...headers } });
  const { byteLength } = await response.arrayBuffer();
  if (response.status === 200 && (bytes === null || byteLength === bytes)) return;
  throw new Error(`${url} returned ${response.status} with ${byteLength} bytes, not ${bytes}`);
}

async function untilIdle(process: ProcessMeter): Promise<void> {
  let last = process.cpuMs();
  for (let idleMs = 0; idleMs < IDLE_MS; idleMs += POLL_MS) {
    await pause(POLL_MS);
    const now = process.cpuMs();
    if (now - last > IDLE_CPU_MS) idleMs = 0;
    last = now;
  }
}

/** Each request is for a repository of its own, in which nothing was pulled before. */
function coldManifests(create: () => Promise<Image>): Kind["prepare"] {
  return async (hub, count) => {
    const image = await create();
    const requests = Array.from({ length: count }, () => pushManifest(hub, image));
    return { warmUp: null, requests };
  };
}

async function warmTag(hub: Hub, count: number): Promise<Sample> {
  const request = pushManifest(hub, await manifestOf(1_000));
  return { warmUp: request.path, requests: Array.from({ length: count }, () => request) };
}

function pushManifest(hub: Hub, image: Image): MeasuredRequest {
  const repository = `library/bench-${randomUUID()}`;
  hub.push(repository, TAG, image);
  const bytes = image.manifests.get(image.tagDigest)?.bytes.length ?? null;
  return { repository, path: `/v2/${repository}/manifests/${TAG}`, bytes };
}

/** Each request is for another blob of an image whose manifest was pulled before. */
function coldBlobs(size: string, bytes: number, isLarge: boolean): Kind {
  return {
    ...{ name: `cold blob of ${size}`, setting: SETTINGS.open, isLarge },
    async prepare(hub, count) {
      const parts = emptyParts();
      const config = await addBlob(parts, oci.config, randomBytes(bytes));
      const layers = [];
      for (let layer = 1; layer < count; layer += 1) {
        layers.push(await addBlob(parts, oci.layer, randomBytes(bytes)));
      }
      const manifest = { schemaVersion: 2, mediaType: oci.manifest, config, layers };
      const { digest: tagDigest } = await addManifest(parts, oci.manifest, manifest);
      const { repository, path: warmUp } = pushManifest(hub, { ...parts, tagDigest });
      const requests = [...parts.blobs.keys()].map((digest) => {
        return { repository, path: `/v2/${repository}/blobs/${digest}`, bytes };
      });
      return { warmUp, requests };
    },
  };
}

/** Each request has another query, so that no cache can answer it. */
function tagLists(bytes: number): Kind["prepare"] {
  return async (hub, count) => {
    const image = await manifestOf(1_000);
    const { repository } = pushManifest(hub, image);
    hub.untag(repository, TAG);
    const frame = JSON.stringify({ name: repository, tags: [] }).length;
    const tagBytes = '"2026.11.30-100000",'.length;
    const tags = Math.floor((bytes - frame + 1) / tagBytes);
    for (let tag = 0; tag < tags; tag += 1) {
      hub.push(repository, `2026.11.30-${100_000 + tag}`, image);
    }
    const path = `/v2/${repository}/tags/list`;
    const requests = Array.from({ length: count }, (_, index) => {
      return { repository, path: `${path}?last=1-${index}`, bytes: frame + tags * tagBytes - 1 };
    });
    return { warmUp: `${path}?last=1`, requests };
  };
}

async function logins(hub: Hub, count: number): Promise<Sample> {
  const image = await manifestOf(1_000);
  const requests = Array.from({ length: count }, () => {
    const { repository } = pushManifest(hub, image);
    const query = `service=registry&scope=repository:${repository}:pull`;
    const paths = { path: `/token?${query}`, passThroughPath: `/v2/auth?${query}` };
    return { repository, ...paths, bytes: null };
  });
  return { warmUp: null, requests };
}

/** An image manifest of up to this size. Its blobs do not exist. */
async function manifestOf(bytes: number): Promise<Image> {
  const parts = emptyParts();
  const config = await addBlob(parts, oci.config, randomBytes(100));
  const layer = { ...config, mediaType: oci.layer, size: 10_000_000 };
  const create = (layers: object[]) => ({
    schemaVersion: 2,
    mediaType: oci.manifest,
    config,
    layers,
  });
  return withEntries(oci.manifest, create, layer, bytes);
}

/** An index of up to this size. Its manifests do not exist. */
async function indexOf(bytes: number): Promise<Image> {
  const { digest } = await addBlob(emptyParts(), oci.config, randomBytes(100));
  const platform = { os: "linux", architecture: "amd64" };
  const entry = { mediaType: oci.manifest, digest, size: 1_000, platform };
  const create = (manifests: object[]) => ({ schemaVersion: 2, mediaType: oci.index, manifests });
  return withEntries(oci.index, create, entry, bytes);
}

async function withEntries(
  mediaType: string,
  create: (entries: object[]) => object,
  entry: object,
  bytes: number,
): Promise<Image> {
  const lengthOf = async (count: number) => {
    const parts = emptyParts();
    const manifest = create(Array.from({ length: count }, () => entry));
    const { size, digest } = await addManifest(parts, mediaType, manifest);
    return { size, image: { ...parts, tagDigest: digest } };
  };
  const [one, two] = [await lengthOf(1), await lengthOf(2)];
  const count = 1 + Math.max(0, Math.floor((bytes - one.size) / (two.size - one.size)));
  return (await lengthOf(count)).image;
}

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return randomFillSync(new Uint8Array(length));
}
