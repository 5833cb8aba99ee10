import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../support/image.ts";
import { type Mirror, startMirror } from "../support/mirror.ts";
import { MIRRORED } from "./client/client.ts";
import { configOf, PLATFORM, type Subject } from "./images.ts";
import { furnish } from "./stage.ts";
import { startUpstream, type Upstream } from "./upstream/upstream.ts";

/** By which way an image is pulled. Each way has a tag of its own. */
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

/** One mirror between several registries, which have different images of the same names. */
export interface RegistriesStage {
  readonly mirror: Mirror;
  /** The mirror's host that is for no registry in particular. */
  readonly host: string;
  readonly registries: readonly Mirrored[];
  /** A new directory that a client may fill. */
  room(): Promise<string>;
  close(): Promise<void>;
}

/** Starts everything. Docker Hub is `UPSTREAM`; the others are in the table. */
export async function openRegistriesStage(): Promise<RegistriesStage> {
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
      const images = await publish(name, upstream);
      return { name, upstream, images, host: `${ownHost(name)}:${port}` };
    }),
  );
  const host = `localhost:${port}`;
  const closing = opened.move();
  return {
    ...{ mirror, host, registries },
    room: () => furnishWithHosts(directory, host),
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

async function publish(name: RegistryName, upstream: Upstream): Promise<Record<Way, Subject>> {
  const subjects = WAYS.map(async (way) => {
    const files = { "etc/name": `${name} ${way}` };
    const image = await buildImage({ platforms: [PLATFORM], layers: 2, files });
    const [repository, digest] = ["owner/app", image.tagDigest];
    await upstream.push(repository, image, [way]);
    return [way, { repository, tag: way, image, digest, config: configOf(image) }] as const;
  });
  return Object.fromEntries(await Promise.all(subjects)) as Record<Way, Subject>;
}

async function furnishWithHosts(directory: string, host: string): Promise<string> {
  const room = await furnish(directory, host);
  const names = ["localhost", ...MIRRORED.map(ownHost)].join(" ");
  await writeFile(join(room, "etc-hosts"), `127.0.0.1 ${names}\n`);
  return room;
}
