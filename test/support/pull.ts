import { createHash } from "node:crypto";
import { type Descriptor, docker, oci } from "./image.ts";

/** The image and the registry of a pull. */
export interface PullOptions extends SessionOptions {
  /** Such as `library/alpine:3.20`, or `alpine@sha256:…`. */
  readonly image: string;
  /** linux/amd64 unless said. */
  readonly platform?: string;
  /** Called after the manifests, before the first blob. */
  readonly onManifests?: () => void;
}

/** A successful pull. */
export interface Pulled {
  /** The digest of the reference. */
  readonly digest: string;
  readonly steps: readonly PullStep[];
  /** Bytes of manifests and blobs, as they came. */
  readonly bytes: number;
}

const ACCEPT = [docker.manifest, docker.index, oci.index, oci.manifest].join(", ");
const PARALLEL_LAYERS = 3;

/**
 * Pulls an image the way docker does: HEAD of the tag, then everything by digest. Each length and
 * sha256 is checked. Rejects with a PullError at the first mismatch.
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

/** Requests to one registry. Each is recorded, and each answer is checked against its descriptor. */
interface Session {
  readonly steps: readonly PullStep[];
  /** The descriptor of a manifest. */
  head(path: string, accept: string): Promise<Descriptor>;
  /** The bytes of a manifest. */
  manifest(path: string, expected: Descriptor, accept: string): Promise<Uint8Array>;
  /** Reads a blob without keeping it. */
  blob(path: string, expected: Descriptor): Promise<void>;
}

/** The registry of a session, and the headers of its requests. */
interface SessionOptions {
  /** Origin of the registry or mirror. */
  readonly registry: string;
  /** Sent with every request to the registry, such as a bearer. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A session without any step yet. Each of its requests rejects with a {@link PullError}. */
function createSession({ registry, headers, signal }: SessionOptions): Session {
  const steps: PullStep[] = [];

  async function ask(method: string, path: string, extra: Record<string, string>) {
    const chunks: Uint8Array[] = [];
    const isBlob = path.includes("/blobs/");
    const init = {
      method,
      // Compression would change lengths that have to be exact.
      headers: { ...headers, "accept-encoding": "identity", ...extra },
      ...(signal === undefined ? {} : { signal }),
    };
    const keep = (chunk: Uint8Array) => (isBlob ? 0 : chunks.push(chunk));
    const answer = await exchange(new URL(path, registry), init, keep);
    steps.push(answer.step);
    const body = Buffer.concat(chunks);
    if (answer.broken !== null) throw new PullError("broke", answer, body, steps);
    if (answer.step.status !== 200) throw new PullError("was refused", answer, body, steps);
    return { answer, body };
  }

  function verify(answer: Exchange, body: Uint8Array, expected: Descriptor): void {
    const { step, digest } = answer;
    if (step.bytes !== expected.size || lengthOf(answer) !== expected.size) {
      throw new PullError(`is not of ${expected.size} bytes`, answer, body, steps);
    }
    if (digest !== expected.digest) throw new PullError(`hashes to ${digest}`, answer, body, steps);
  }

  return {
    steps,
    async head(path, accept) {
      const { answer, body } = await ask("HEAD", path, { accept });
      const { digest, mediaType, size } = described(answer);
      if (digest !== null && mediaType !== null && size > 0) return { digest, mediaType, size };
      throw new PullError("lacks digest, type or length", answer, body, steps);
    },
    async manifest(path, expected, accept) {
      const { answer, body } = await ask("GET", path, { accept });
      verify(answer, body, expected);
      const { digest, mediaType } = described(answer);
      if (digest === expected.digest && mediaType === expected.mediaType) return body;
      throw new PullError(`says it is ${mediaType} ${digest}`, answer, body, steps);
    },
    async blob(path, expected) {
      const { answer, body } = await ask("GET", path, {});
      verify(answer, body, expected);
    },
  };
}

function described(answer: Exchange) {
  const digest = answer.headers.get("docker-content-digest");
  return { digest, mediaType: answer.headers.get("content-type"), size: lengthOf(answer) };
}

function lengthOf({ headers }: Exchange): number {
  return Number(headers.get("content-length"));
}

/** One request of a pull, and its result. */
export interface PullStep {
  readonly method: string;
  readonly path: string;
  /** 0 without an answer. */
  readonly status: number;
  /** Bytes received. */
  readonly bytes: number;
  readonly cacheStatus: string | null;
  readonly warning: string | null;
  readonly ms: number;
}

/** A request and its answer. */
interface Exchange {
  readonly step: PullStep;
  readonly headers: Headers;
  /** The digest of the received bytes. */
  readonly digest: string;
  /** The error that broke the connection; null if none did. */
  readonly broken: Error | null;
}

/** Makes one request and hands each chunk of the answer to `keep`. Never rejects. */
async function exchange(
  url: URL,
  init: RequestInit,
  keep: (chunk: Uint8Array) => void,
): Promise<Exchange> {
  const start = performance.now();
  const hash = createHash("sha256");
  let response: Response | null = null;
  let bytes = 0;
  let broken: Error | null = null;
  try {
    response = await fetch(url, init);
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      hash.update(chunk);
      keep(chunk);
    }
  } catch (error) {
    broken = error as Error;
  }
  const headers = new Headers(response?.headers);
  const step = {
    ...{ method: init.method ?? "GET", path: url.pathname, status: response?.status ?? 0, bytes },
    ...{ cacheStatus: headers.get("cache-status"), warning: headers.get("warning") },
    ms: performance.now() - start,
  };
  return { step, headers, digest: `sha256:${hash.digest("hex")}`, broken };
}

/** Why a pull failed, and after which steps. */
export class PullError extends Error {
  override readonly name = "PullError";
  /** The status of the answer that it failed on; 0 when there was none. */
  readonly status: number;
  readonly headers: Headers;
  /** The body of an answer that is no blob. */
  readonly body: string;
  readonly steps: readonly PullStep[];

  constructor(what: string, answer: Exchange, body: Uint8Array, steps: readonly PullStep[]) {
    const { method, path, status, bytes } = answer.step;
    const text = new TextDecoder().decode(body);
    super(`${method} ${path} ${what} (${status}, ${bytes} bytes) ${text}`, {
      cause: answer.broken,
    });
    this.status = status;
    this.headers = answer.headers;
    this.body = text;
    this.steps = steps;
  }
}
