import { randomFillSync, randomUUID } from "node:crypto";
import {
  addBlob,
  addManifest,
  type Descriptor,
  emptyParts,
  type Image,
  oci,
  type Parts,
} from "../test/support/image.ts";
import { pull } from "../test/support/pull.ts";
import type { Mirror } from "./mirrors.ts";

/** The size and the platforms of an image. */
export interface ImageShape {
  /** Bytes of each layer of linux/amd64. The other platforms have one small layer. */
  readonly layers: readonly number[];
  /** One platform makes a manifest, several make an index. */
  readonly platforms: readonly string[];
}

/** An image in a repository of its own. */
export interface Subject {
  readonly repository: string;
  readonly tag: string;
  readonly image: Image;
}

const MIB_BYTES = 1024 ** 2;
const PULLED_PLATFORM = "linux/amd64";
const PLATFORMS = [PULLED_PLATFORM, "linux/arm64", "linux/arm/v7", "linux/386", "linux/ppc64le"];
const CONFIG_BYTES = 8_000;
const OTHER_LAYERS = [1_000];
/** Like official images: a few large layers among small ones. The large ones are shortened. */
const TYPICAL_LAYERS = [3 * MIB_BYTES, 2 * MIB_BYTES, 1_400, 1_000, 600];
const TAG = "1.0";

export const SMALL_SINGLE: ImageShape = { layers: [2_000, 1_000], platforms: [PULLED_PLATFORM] };
export const SMALL_MULTI: ImageShape = { layers: [2_000, 1_000], platforms: PLATFORMS };
export const TYPICAL_SINGLE: ImageShape = { layers: TYPICAL_LAYERS, platforms: [PULLED_PLATFORM] };
export const TYPICAL_MULTI: ImageShape = { layers: TYPICAL_LAYERS, platforms: PLATFORMS };
export const LARGE_LAYER: ImageShape = { layers: [8 * MIB_BYTES], platforms: [PULLED_PLATFORM] };
/** A layer that the client's line takes seconds for. */
export const HUGE_LAYER: ImageShape = { layers: [50_000_000], platforms: [PULLED_PLATFORM] };

/** Builds an image that is in no cache: its blobs are random bytes, which nobody unpacks here. */
export async function createImage({ layers, platforms }: ImageShape): Promise<Image> {
  const parts = emptyParts();
  const children: Descriptor[] = [];
  for (const platform of platforms) {
    const child = await addPlatform(parts, platform === PULLED_PLATFORM ? layers : OTHER_LAYERS);
    const [os, architecture, variant] = platform.split("/");
    parts.platforms.set(platform, child.digest);
    children.push({ ...child, ...{ platform: { os, architecture, variant } } });
  }
  const [only, ...others] = children;
  if (only !== undefined && others.length === 0) return { ...parts, tagDigest: only.digest };
  const index = { schemaVersion: 2, mediaType: oci.index, manifests: children };
  return { ...parts, tagDigest: (await addManifest(parts, oci.index, index)).digest };
}

async function addPlatform(parts: Parts, sizes: readonly number[]): Promise<Descriptor> {
  const config = await addBlob(parts, oci.config, randomBytes(CONFIG_BYTES));
  const layers: Descriptor[] = [];
  for (const size of sizes) layers.push(await addBlob(parts, oci.layer, randomBytes(size)));
  const manifest = { schemaVersion: 2, mediaType: oci.manifest, config, layers };
  return addManifest(parts, oci.manifest, manifest);
}

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return randomFillSync(new Uint8Array(length));
}

/** Pushes a new image to the upstreams of these mirrors, in a new repository unless given. */
export async function pushNew(
  mirrors: readonly Mirror[],
  shape: ImageShape,
  repository = `library/bench-${randomUUID()}`,
): Promise<Subject> {
  const image = await createImage(shape);
  for (const { upstream } of mirrors) upstream.hub.push(repository, TAG, image);
  return { repository, tag: TAG, image };
}

/** The duration of a pull in milliseconds. */
export interface PullTimes {
  /** Ping, token if required, tag, index and manifest. */
  readonly metadataMs: number;
  /** All of that, and every blob. */
  readonly wholeMs: number;
}

/**
 * Pulls `<repository>:<tag>` as docker does from a registry mirror. Every length and sha256 is
 * verified.
 *
 * @param onManifests called before the first blob is requested.
 * @param bytesPerSecond of the client's line.
 */
export async function dockerPull(
  origin: string,
  { repository, tag }: Pick<Subject, "repository" | "tag">,
  onManifests = () => {},
  bytesPerSecond = Number.POSITIVE_INFINITY,
): Promise<PullTimes> {
  const start = performance.now();
  let metadataMs = 0;
  await pull({
    registry: origin,
    image: `${repository}:${tag}`,
    platform: PULLED_PLATFORM,
    headers: await authenticate(origin, repository),
    bytesPerSecond,
    onManifests() {
      metadataMs = performance.now() - start;
      onManifests();
    },
  });
  return { metadataMs, wholeMs: performance.now() - start };
}

/**
 * Authenticates as docker does at the start of each pull: a ping, and after a 401 a token from the
 * realm of the challenge.
 *
 * @returns the headers of all further requests; none for a mirror without authentication.
 */
export async function authenticate(
  origin: string,
  repository: string,
): Promise<Readonly<Record<string, string>>> {
  const ping = await fetch(`${origin}/v2/`);
  await ping.arrayBuffer();
  if (ping.status === 200) return {};
  const challenge = ping.headers.get("www-authenticate");
  if (ping.status !== 401 || challenge === null) {
    throw new Error(`GET ${origin}/v2/ returned ${ping.status}`);
  }
  const parameter = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
  const url = new URL(parameter("realm"));
  url.searchParams.set("service", parameter("service"));
  url.searchParams.set("scope", `repository:${repository}:pull`);
  const response = await fetch(url);
  const { token } = (await response.json()) as { token?: string };
  if (token === undefined) throw new Error(`${url} returned ${response.status} without a token`);
  return { authorization: `Bearer ${token}` };
}
