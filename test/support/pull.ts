import { docker, oci } from "./image/media-types.ts";
import type { Descriptor } from "./image/parts.ts";
import type { PullStep } from "./pull/exchange.ts";
import { createSession, type Session, type SessionOptions } from "./pull/session.ts";

export type { PullStep } from "./pull/exchange.ts";
export { PullError } from "./pull/pull-error.ts";

/** What is pulled, and from where. */
export interface PullOptions extends SessionOptions {
  /** Such as `library/alpine:3.20`, or `alpine@sha256:…`. */
  readonly image: string;
  /** linux/amd64 unless said. */
  readonly platform?: string;
  /** Called when the manifests are there, before the first blob is asked for. */
  readonly onManifests?: () => void;
}

/** A pull that went well. */
export interface Pulled {
  /** What the reference stood for. */
  readonly digest: string;
  readonly steps: readonly PullStep[];
  /** Bytes of manifests and blobs, as they came. */
  readonly bytes: number;
}

const ACCEPT = [docker.manifest, docker.index, oci.index, oci.manifest].join(", ");
const PARALLEL_LAYERS = 3;

/**
 * Pulls an image the way docker does: HEAD of the tag, then everything by digest. Each length and
 * sha256 is checked. Rejects with a PullError at the first thing that is not as promised.
 */
export async function pull(options: PullOptions): Promise<Pulled> {
  const session = createSession(options);
  const { repository, reference } = parseImage(options.image);
  const base = `/v2/${repository}`;
  const top = await session.head(`${base}/manifests/${reference}`, ACCEPT);
  let manifest = parse(await session.manifest(`${base}/manifests/${top.digest}`, top, ACCEPT));
  if ("manifests" in manifest) {
    const child = childFor(manifest, options.platform ?? "linux/amd64");
    manifest = parse(await session.manifest(`${base}/manifests/${child.digest}`, child, ACCEPT));
  }
  if ("manifests" in manifest) throw new Error(`${options.image} is an index of indexes.`);
  options.onManifests?.();
  await pullBlobs(session, base, [manifest.config, ...manifest.layers]);
  const bytes = session.steps.reduce((total, step) => total + step.bytes, 0);
  return { digest: top.digest, steps: session.steps, bytes };
}

/** As dockerd does, a few at a time, and none twice. */
async function pullBlobs(session: Session, base: string, blobs: Descriptor[]): Promise<void> {
  const queue = new Map(blobs.map((blob) => [blob.digest, blob])).values();
  const worker = async () => {
    for (const blob of queue) await session.blob(`${base}/blobs/${blob.digest}`, blob);
  };
  await Promise.all(Array.from({ length: PARALLEL_LAYERS }, worker));
}

interface Index {
  readonly manifests: (Descriptor & {
    readonly platform: { os: string; architecture: string; variant?: string };
  })[];
}

interface ImageManifest {
  readonly config: Descriptor;
  readonly layers: Descriptor[];
}

function parse(bytes: Uint8Array): Index | ImageManifest {
  return JSON.parse(new TextDecoder().decode(bytes));
}

function childFor(index: Index, wanted: string): Descriptor {
  const child = index.manifests.find(({ platform: { os, architecture, variant } }) =>
    [`${os}/${architecture}`, `${os}/${architecture}/${variant}`].includes(wanted),
  );
  if (child === undefined) throw new Error(`There is no manifest for ${wanted}.`);
  return child;
}

/** `name:tag`, `name@digest`, or `name` for its tag `latest`. */
function parseImage(image: string): { repository: string; reference: string } {
  const [, repository = image, tag = "latest", digest] =
    /^([^:@]+)(?::([^@]+))?(?:@(.+))?$/.exec(image) ?? [];
  return { repository, reference: digest ?? tag };
}
