import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../support/image.ts";
import { untilBlobsKept } from "../support/mirror/kept.ts";
import { type Mirror, type MirrorOptions, startMirror } from "../support/mirror.ts";
import { type Account, MIRRORED } from "./client.ts";
import { configOf, PLATFORM, type Published, publish, type Subject } from "./images.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

/** A mirror of one registry with images. */
export interface Setup {
  readonly upstream: Upstream;
  readonly mirror: Mirror;
  /** Host and port of the mirror, as in front of an image name. */
  readonly host: string;
  readonly images: Published;
  /** A new directory for a client, with its login. */
  home(): Promise<string>;
  /**
   * Ends the upstream for good, registry, token service and storage, and starts the mirror anew at
   * the same place, with KV and the bucket as they are and nothing else.
   */
  loseUpstream(): Promise<void>;
  close(): Promise<void>;
}

/** The directory of the edge cache, beside KV. */
const EDGE_CACHE = "v3/cache";

/** The clients' login at Docker Hub, which nobody else may see. */
export const LOGIN: Account = { user: "alice", password: "dckr-pat-never-to-be-sent" };

/**
 * Starts everything. Tags are never fresh, so that each pull checks upstream.
 *
 * @param keepsBlobs whether the mirror has a bucket for layers.
 * @param added further vars and secrets of the mirror.
 */
export async function openSetup(
  keepsBlobs = false,
  added: MirrorOptions["vars"] = {},
): Promise<Setup> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "sampan-clients-"));
  opened.defer(() => rm(directory, { recursive: true, maxRetries: 5, retryDelay: 200 }));
  const upstream = await startUpstream(directory);
  opened.defer(upstream.close);
  const images = await publish(upstream);
  const persistTo = join(directory, "state");
  const own = { UPSTREAM: upstream.origin, NAMESPACE: "library", TAG_TTL_SECONDS: 0 };
  const vars = { ...own, ...added };
  let mirror = await startMirror({ vars, persistTo, keepsBlobs });
  opened.defer(() => mirror.close());
  const port = Number(new URL(mirror.origin).port);
  const host = `localhost:${port}`;
  const closing = opened.move();
  return {
    ...{ upstream, host, images },
    get mirror() {
      return mirror;
    },
    home: () => createHome(directory, host),
    async loseUpstream() {
      await untilBlobsKept(
        persistTo,
        images.all.flatMap(({ image }) => [...image.blobs.keys()]),
      );
      await mirror.close();
      await upstream.close();
      await rm(join(persistTo, EDGE_CACHE), { recursive: true });
      mirror = await startMirror({ vars, persistTo, keepsBlobs, port });
    },
    close: () => closing.disposeAsync(),
  };
}

/** @returns a new directory with a login at Docker Hub and at the mirror. */
export async function createHome(directory: string, host: string): Promise<string> {
  const home = await mkdtemp(join(directory, "home-"));
  await mkdir(join(home, ".docker"));
  await writeFile(join(home, ".docker/config.json"), loginFile(host));
  return home;
}

/** As `docker login` leaves it, at Docker Hub and at the mirror. */
function loginFile(host: string): string {
  const auth = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString("base64");
  const hosts = ["https://index.docker.io/v1/", "docker.io", host];
  return JSON.stringify({ auths: Object.fromEntries(hosts.map((name) => [name, { auth }])) });
}

/** How an image of a registry is addressed. Each way has a tag of its own. */
export const WAYS = ["host", "name", "mirror"] as const;
export type Way = (typeof WAYS)[number];
export type RegistryName = (typeof MIRRORED)[number];

/** One registry of several behind the mirror, with `owner/app` under a tag for each way. */
export interface Mirrored {
  readonly name: RegistryName;
  readonly upstream: Upstream;
  /** The mirror's host for this registry. */
  readonly host: string;
  readonly images: Readonly<Record<Way, Subject>>;
}

/** One mirror of several registries, which have different images of the same names. */
export interface RegistriesSetup {
  readonly mirror: Mirror;
  /** The mirror's host that belongs to no registry. */
  readonly host: string;
  readonly registries: readonly Mirrored[];
  /** A new directory for a client, with its login. */
  home(): Promise<string>;
  close(): Promise<void>;
}

/** Starts everything. Docker Hub is `UPSTREAM`; the others are in the table. */
export async function openRegistries(): Promise<RegistriesSetup> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "sampan-registries-"));
  opened.defer(() => rm(directory, { recursive: true, maxRetries: 5, retryDelay: 200 }));
  const upstreams = new Map<RegistryName, Upstream>();
  for (const name of MIRRORED) {
    const place = join(directory, name);
    await mkdir(place);
    const upstream = await startUpstream(place);
    opened.defer(upstream.close);
    upstreams.set(name, upstream);
  }
  const mirror = await startMirror({ vars: varsOf(upstreams) });
  opened.defer(mirror.close);
  const port = new URL(mirror.origin).port;
  const registries = await Promise.all(
    [...upstreams].map(async ([name, upstream]) => {
      const images = await publishEach(name, upstream);
      return { name, upstream, images, host: `${ownHost(name)}:${port}` };
    }),
  );
  const host = `localhost:${port}`;
  const closing = opened.move();
  return {
    ...{ mirror, host, registries },
    home: () => createHomeWithHosts(directory, host),
    close: () => closing.disposeAsync(),
  };
}

function varsOf(upstreams: ReadonlyMap<RegistryName, Upstream>) {
  const others = MIRRORED.filter((name) => name !== "docker.io");
  const origins = others.map((name) => [name, upstreams.get(name)?.origin]);
  return {
    UPSTREAM: upstreams.get("docker.io")?.origin ?? "",
    NAMESPACE: "library",
    REGISTRIES: JSON.stringify(Object.fromEntries(origins)),
    HOSTS: JSON.stringify(Object.fromEntries(MIRRORED.map((name) => [ownHost(name), name]))),
    TAG_TTL_SECONDS: 0,
  };
}

/** Such as `quay.localhost`. */
function ownHost(name: RegistryName): string {
  return name.replace(/\.io$/, ".localhost");
}

async function publishEach(name: RegistryName, upstream: Upstream): Promise<Record<Way, Subject>> {
  const subjects = WAYS.map(async (way) => {
    const files = { "etc/name": `${name} ${way}` };
    const image = await buildImage({ platforms: [PLATFORM], layers: 2, files });
    const [repository, digest] = ["owner/app", image.tagDigest];
    await upstream.push(repository, image, [way]);
    return [way, { repository, tag: way, image, digest, config: configOf(image) }] as const;
  });
  return Object.fromEntries(await Promise.all(subjects)) as Record<Way, Subject>;
}

async function createHomeWithHosts(directory: string, host: string): Promise<string> {
  const home = await createHome(directory, host);
  const names = ["localhost", ...MIRRORED.map(ownHost)].join(" ");
  await writeFile(join(home, "etc-hosts"), `127.0.0.1 ${names}\n`);
  return home;
}
