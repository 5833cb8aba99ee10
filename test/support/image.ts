/** The media types of one family of images. */
export interface MediaTypes {
  readonly index: string;
  readonly manifest: string;
  readonly config: string;
  readonly layer: string;
}

/** Docker's image manifest version 2, schema 2. */
export const docker: MediaTypes = {
  index: "application/vnd.docker.distribution.manifest.list.v2+json",
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
};

/** The OCI image specification. */
export const oci: MediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
};

/** Bytes that Web Crypto and Response both take: never backed by a SharedArrayBuffer. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The digest of `bytes` as registries write it: `sha256:` and 64 lower-case hexadecimal digits. */
export async function sha256(bytes: Bytes): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `sha256:${hex}`;
}

/** A manifest in a registry. */
export interface Manifest {
  readonly bytes: Bytes;
  readonly mediaType: string;
}

/** An image, ready to be pushed. */
export interface Image {
  /** The digest that a tag points to: the index if there is one, else the manifest. */
  readonly tagDigest: string;
  readonly manifests: Map<string, Manifest>;
  readonly blobs: Map<string, Bytes>;
  /** Platform to the digest of its manifest. */
  readonly platforms: Map<string, string>;
}

/** A descriptor of a manifest or a blob (OCI image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An unfinished image. */
export type Parts = Omit<Image, "tagDigest">;

/** An image with nothing in it yet. */
export function emptyParts(): Parts {
  return { manifests: new Map(), blobs: new Map(), platforms: new Map() };
}

/** Adds a blob and returns its descriptor. */
export async function addBlob(parts: Parts, mediaType: string, bytes: Bytes): Promise<Descriptor> {
  const digest = await sha256(bytes);
  parts.blobs.set(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

/** Adds a manifest and returns its descriptor. */
export async function addManifest(
  parts: Parts,
  mediaType: string,
  manifest: object,
): Promise<Descriptor> {
  const bytes = encodeJson(manifest);
  const digest = await sha256(bytes);
  parts.manifests.set(digest, { bytes, mediaType });
  return { mediaType, digest, size: bytes.length };
}

/** A value as JSON, in the layout in which registries hold manifests. */
export function encodeJson(value: object): Bytes {
  return encode(JSON.stringify(value, null, 2));
}

/** Text as UTF-8. */
export function encode(text: string): Bytes {
  return new Uint8Array(new TextEncoder().encode(text));
}

/** The content of an image. Equal options make equal images in the same runtime. */
export interface ImageOptions {
  /** `os/architecture[/variant]`; more than one makes an index. linux/amd64 by default. */
  readonly platforms?: readonly string[];
  /** Path to text; they make the first layer. */
  readonly files?: Readonly<Record<string, string>>;
  /** How many layers each platform has; 1 by default. */
  readonly layers?: number;
  /** Filler that does not compress, in each layer; none by default. */
  readonly layerBytes?: number;
  readonly mediaTypes?: "docker" | "oci";
}

/** Builds an image that docker, containerd and podman accept, in memory. */
export async function buildImage(options: ImageOptions = {}): Promise<Image> {
  const types = options.mediaTypes === "docker" ? docker : oci;
  const parts = emptyParts();
  const children: Child[] = [];
  for (const platform of options.platforms ?? ["linux/amd64"]) {
    const child = await addPlatform(parts, types, platform, options);
    parts.platforms.set(platform, child.digest);
    children.push(child);
  }
  const [only, ...others] = children;
  if (only !== undefined && others.length === 0) return { ...parts, tagDigest: only.digest };
  const index = { schemaVersion: 2, mediaType: types.index, manifests: children };
  return { ...parts, tagDigest: (await addManifest(parts, types.index, index)).digest };
}

type Child = Descriptor & { platform: object };

async function addPlatform(
  parts: Parts,
  types: MediaTypes,
  platform: string,
  options: ImageOptions,
): Promise<Child> {
  const layers: Descriptor[] = [];
  const diffIds: string[] = [];
  for (let index = 0; index < (options.layers ?? 1); index += 1) {
    const files = index === 0 ? (options.files ?? {}) : {};
    const fillerBytes = options.layerBytes ?? 0;
    const layer = await buildLayer({ platform, index, files, fillerBytes });
    diffIds.push(await sha256(layer.archive));
    layers.push(await addBlob(parts, types.layer, layer.compressed));
  }
  const config = await addBlob(parts, types.config, encodeJson(imageConfig(platform, diffIds)));
  const manifest = { schemaVersion: 2, mediaType: types.manifest, config, layers };
  const child = await addManifest(parts, types.manifest, manifest);
  return { ...child, platform: platformFields(platform) };
}

function imageConfig(platform: string, diffIds: string[]): object {
  const created = "2026-01-01T00:00:00Z";
  return {
    created,
    ...platformFields(platform),
    config: { Env: ["PATH=/bin"], Cmd: ["/bin/sh"] },
    rootfs: { type: "layers", diff_ids: diffIds },
    history: diffIds.map((_, index) => ({ created, created_by: `COPY layer ${index}` })),
  };
}

function platformFields(platform: string): { architecture: string; os: string } {
  const [os = "", architecture = "", variant] = platform.split("/");
  return { architecture, os, ...(variant === undefined ? {} : { variant }) };
}

/** An OCI artifact that says something about `subject`: a signature, a list of parts. */
export async function buildArtifact(
  subject: Descriptor,
  artifactType: string,
  text: string,
): Promise<Image> {
  const parts = emptyParts();
  const emptyType = "application/vnd.oci.empty.v1+json";
  const manifest = {
    schemaVersion: 2,
    mediaType: oci.manifest,
    artifactType,
    config: await addBlob(parts, emptyType, encode("{}")),
    layers: [await addBlob(parts, artifactType, encode(text))],
    subject,
  };
  return { ...parts, tagDigest: (await addManifest(parts, oci.manifest, manifest)).digest };
}

/** What a layer is built from. */
interface LayerOptions {
  readonly platform: string;
  readonly index: number;
  readonly files: Readonly<Record<string, string>>;
  readonly fillerBytes: number;
}

/** A tar archive, and the same compressed as it travels. */
interface Layer {
  readonly archive: Bytes;
  readonly compressed: Bytes;
}

/** A layer that differs by platform and index. */
async function buildLayer(options: LayerOptions): Promise<Layer> {
  const archive = tar(layerFiles(options));
  return { archive, compressed: await gzip(archive) };
}

function layerFiles({ platform, index, files, fillerBytes }: LayerOptions): Map<string, Bytes> {
  const contents = new Map<string, Bytes>();
  for (const [path, text] of Object.entries(files)) contents.set(path, encode(text));
  contents.set(`etc/layer-${index}`, encode(`${platform}\n`));
  if (fillerBytes > 0)
    contents.set(`filler-${index}.bin`, filler(`${platform} ${index}`, fillerBytes));
  return contents;
}

/** The same pseudo-random bytes for the same seed (xorshift), which gzip cannot shorten. */
function filler(seed: string, length: number): Bytes {
  let state = 0x9e3779b9;
  for (const character of seed) state = Math.imul(state ^ character.charCodeAt(0), 0x85ebca6b) | 1;
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

async function gzip(bytes: Bytes): Promise<Bytes> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}

const BLOCK_BYTES = 512;

/**
 * A ustar archive of `files`, in the order given, with the directories they need before them.
 * Owner, mode and time are fixed, so that equal files make equal archives.
 */
function tar(files: ReadonlyMap<string, Bytes>): Bytes {
  const parts: Bytes[] = [];
  const directories = new Set<string>();
  for (const [path, content] of files) {
    for (const directory of parents(path)) {
      if (!directories.has(directory)) parts.push(header(directory, 0));
      directories.add(directory);
    }
    parts.push(header(path, content.length), padded(content));
  }
  parts.push(new Uint8Array(2 * BLOCK_BYTES));
  return concat(parts);
}

function parents(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => `${names.slice(0, index + 1).join("/")}/`);
}

/** A path that ends in a slash is a directory. */
function header(path: string, size: number): Bytes {
  if (path.length > 100) throw new Error(`The path is too long for this tar writer: ${path}`);
  const isDirectory = path.endsWith("/");
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (text: string, offset: number) => block.set(new TextEncoder().encode(text), offset);
  put(path, 0);
  put(isDirectory ? "0000755\0" : "0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  put(`${"0".repeat(11)}\0`, 136);
  // The checksum is summed with its own field full of spaces.
  put(" ".repeat(8), 148);
  put(isDirectory ? "5" : "0", 156);
  put("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function padded(content: Bytes): Bytes {
  const block = new Uint8Array(Math.ceil(content.length / BLOCK_BYTES) * BLOCK_BYTES);
  block.set(content);
  return block;
}

function concat(parts: Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** @returns the largest blob of an image. */
export function largestBlob({ blobs }: Image): { digest: string; bytes: Uint8Array } {
  const [[digest, bytes] = ["", new Uint8Array()]] = [...blobs].sort(
    ([, one], [, other]) => other.length - one.length,
  );
  return { digest, bytes };
}
