import { createHash } from "node:crypto";
import { parseJsonObject } from "../../src/protocol/json.ts";
import type { Image } from "./arguments.ts";
import { CorruptContent, UnexpectedReply } from "./check.ts";
import { contentOf, type Reply } from "./http/client.ts";
import type { SendHead, SendRequest } from "./session.ts";

/** OCI image-spec, descriptor.md. */
interface Descriptor {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

/** An index or a manifest (OCI image-spec, image-index.md and manifest.md). */
interface ManifestContent {
  readonly mediaType?: string;
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

/** The Worker's own limit. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
/** For the config and a layer each. */
const MAX_BLOB_BYTES = 4 * 1024 * 1024;

/** For this type, Docker Hub selects the manifest for linux/amd64 from a Docker manifest list. */
const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
/** Any manifest, as current clients request it. */
export const ACCEPT_ALL = {
  accept: [DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST].join(", "),
};
/** Enough to compare digests. */
const SHORT_DIGEST_LENGTH = "sha256:".length + 12;

/**
 * Parts of the image that several checks use. Each is requested once, so a failure is the same
 * error every time: UnexpectedReply for another status, CorruptContent for wrong bytes.
 */
export function createSamples(image: Image, request: SendRequest, head: SendHead) {
  const manifestPath = (reference: string) => `/v2/${image.name}/manifests/${reference}`;
  const getManifest = async (digest: string) => {
    const options = { headers: ACCEPT_ALL, maxBytes: MAX_MANIFEST_BYTES };
    return verifiedManifest(successful(await request(manifestPath(digest), options)), digest);
  };
  const getBlob = async (blob: Descriptor) => {
    const path = `/v2/${image.name}/blobs/${blob.digest}`;
    return verifiedBlob(successful(await request(path, { maxBytes: MAX_BLOB_BYTES })), blob);
  };

  /** HEAD of the tag. */
  const tag = once(async () => {
    const reply = await head(image.reference);
    if (reply.status === 200) return reply;
    throw new UnexpectedReply(reply);
  });

  /**
   * The manifest of the tag and, if that is an index, the one of a platform. Costs one pull if HEAD
   * selects a manifest from the list, otherwise two.
   */
  const manifest = once(async () => {
    const top = await tag();
    const selected = isIndex(top) ? await head(image.reference, { accept: DOCKER_MANIFEST }) : top;
    const isSelected = selected.status === 200 && !isIndex(selected);
    const digest = digestIn(isSelected ? selected : top);
    const first = await getManifest(digest);
    const { manifests = [] } = contentIn(first);
    const child = manifests.find(isLinuxAmd64) ?? manifests[0];
    const replies = child === undefined ? [first] : [first, await getManifest(child.digest)];
    const last = replies.at(-1) ?? first;
    const { config, layers = [] } = contentIn(last);
    // Not an image, e.g. an artifact or a manifest of schema 1.
    if (config === undefined) throw new UnexpectedReply(last);
    return { digest, replies, config, layer: layers.toSorted((a, b) => a.size - b.size)[0] };
  });

  const config = once(async () => getBlob((await manifest()).config));

  /** The smallest layer; null if there is none, or if it is too large to read. */
  const layer = once(async () => {
    // A failure of all blobs is reported for the config.
    await config();
    const { layer } = await manifest();
    return layer === undefined || layer.size > MAX_BLOB_BYTES ? null : getBlob(layer);
  });
  return { tag, manifest, config, layer };
}

/** @returns the function, run at its first call only: its result and its error are kept. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  return () => {
    result ??= work();
    return result;
  };
}

/** @returns the beginning of a digest, for people. */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, SHORT_DIGEST_LENGTH)}…`;
}

/** @throws CorruptContent unless bytes and headers match the digest. */
function verifiedManifest(reply: Reply, digest: string): Reply {
  verifyDigest("the manifest", contentOf(reply), digest);
  const header = reply.headers.get("docker-content-digest");
  if (header !== digest) {
    throw new CorruptContent(`Docker-Content-Digest is ${header ?? "missing"}, not ${digest}`);
  }
  const type = reply.headers.get("content-type");
  const { mediaType } = contentIn(reply);
  if (mediaType !== undefined && mediaType !== type) {
    const expected = `the manifest's mediaType is ${mediaType}`;
    throw new CorruptContent(`Content-Type is ${type ?? "missing"}, but ${expected}`);
  }
  return reply;
}

/** @throws CorruptContent unless size and digest match. */
function verifiedBlob(reply: Reply, { digest, size }: Descriptor): Reply {
  const bytes = contentOf(reply);
  if (bytes.byteLength !== size) {
    throw new CorruptContent(`a blob has ${bytes.byteLength} bytes instead of ${size}`);
  }
  verifyDigest("a blob", bytes, digest);
  return reply;
}

function verifyDigest(subject: string, bytes: Uint8Array, expected: string): void {
  const [algorithm = "sha256"] = expected.split(":");
  const actual = `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
  if (actual === expected) return;
  throw new CorruptContent(`${subject} is ${shortDigest(actual)}, not ${shortDigest(expected)}`);
}

function successful(reply: Reply): Reply {
  if (reply.status !== 200) throw new UnexpectedReply(reply);
  return reply;
}

function digestIn(reply: Reply): string {
  const digest = reply.headers.get("docker-content-digest");
  if (digest === null) throw new UnexpectedReply(reply);
  return digest;
}

function isIndex({ headers }: Reply): boolean {
  return [DOCKER_LIST, OCI_INDEX].includes(headers.get("content-type") ?? "");
}

function contentIn(reply: Reply): ManifestContent {
  return parseJsonObject(contentOf(reply)) ?? {};
}

function isLinuxAmd64({ platform }: Descriptor): boolean {
  return platform?.os === "linux" && platform.architecture === "amd64";
}
