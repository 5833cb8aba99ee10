import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { type Descriptor, docker, oci } from "./image.ts";

/** What is pulled, and from where. */
export interface PullOptions {
  /** Origin of the registry or mirror. */
  readonly registry: string;
  /** Such as `library/alpine:3.20`, or `alpine@sha256:…`. */
  readonly image: string;
  /** linux/amd64 unless set. */
  readonly platform?: string;
  /** Sent with every request, such as a bearer token. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** The bandwidth of the client's line, shared by all bodies; unlimited unless set. */
  readonly bytesPerSecond?: number;
  /** Called once the manifests have arrived, before the first blob is requested. */
  readonly onManifests?: () => void;
}

/** One request of a pull and its outcome. */
export interface PullStep {
  readonly method: string;
  readonly path: string;
  /** 0 if no response arrived. */
  readonly status: number;
  /** Bytes of the body that arrived. */
  readonly bytes: number;
  readonly cacheStatus: string | null;
  readonly warning: string | null;
  readonly ms: number;
}

/** A successful pull. */
export interface Pulled {
  /** The digest that the reference pointed to. */
  readonly digest: string;
  readonly steps: readonly PullStep[];
  /** Bytes of all manifests and blobs. */
  readonly bytes: number;
}

/** Why a pull failed, and after which steps. */
export class PullError extends Error {
  override readonly name = "PullError";
  /** The status of the response that it failed on; 0 if there was none. */
  readonly status: number;
  readonly headers: Headers;
  /** The body of a response that is not a blob. */
  readonly body: string;
  readonly steps: readonly PullStep[];

  constructor(problem: string, exchange: Exchange, steps: readonly PullStep[]) {
    const { method, path, status, bytes } = exchange.step;
    const text = new TextDecoder().decode(exchange.body);
    super(`${method} ${path} ${problem} (${status}, ${bytes} bytes) ${text}`, {
      cause: exchange.broken,
    });
    this.status = status;
    this.headers = exchange.headers;
    this.body = text;
    this.steps = steps;
  }
}

const ACCEPT = [docker.manifest, docker.index, oci.index, oci.manifest].join(", ");
const PARALLEL_LAYERS = 3;

/**
 * Pulls an image as docker does: HEAD of the tag, then everything by digest. Each length and sha256
 * is checked. Rejects with a PullError at the first mismatch.
 */
export async function pull(options: PullOptions): Promise<Pulled> {
  const session = createSession(options);
  const { repository, reference } = parseImage(options.image);
  const base = `/v2/${repository}`;
  const top = await session.head(`${base}/manifests/${reference}`);
  let manifest = await session.manifest(`${base}/manifests/${top.digest}`, top);
  if ("manifests" in manifest) {
    const child = childFor(manifest, options.platform ?? "linux/amd64");
    manifest = await session.manifest(`${base}/manifests/${child.digest}`, child);
  }
  if ("manifests" in manifest) throw new Error(`${options.image} is an index of indexes.`);
  options.onManifests?.();
  const blobs = [manifest.config, ...manifest.layers];
  // As dockerd does: a few at a time, none twice.
  const queue = new Map(blobs.map((blob) => [blob.digest, blob])).values();
  const worker = async () => {
    for (const blob of queue) await session.blob(`${base}/blobs/${blob.digest}`, blob);
  };
  await Promise.all(Array.from({ length: PARALLEL_LAYERS }, worker));
  const bytes = session.steps.reduce((total, step) => total + step.bytes, 0);
  return { digest: top.digest, steps: session.steps, bytes };
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

/** A request and what came back for it. */
interface Exchange {
  readonly step: PullStep;
  readonly headers: Headers;
  /** Empty for a blob, which is hashed but not kept. */
  readonly body: Uint8Array;
  /** The digest of the bytes that arrived. */
  readonly digest: string;
  /** The error that broke the connection; null if none did. */
  readonly broken: Error | null;
}

/** Requests to one registry. Each is recorded, and its response checked against its descriptor. */
function createSession({ registry, headers: common, signal, bytesPerSecond }: PullOptions) {
  const steps: PullStep[] = [];
  const receive = createLine(bytesPerSecond ?? Number.POSITIVE_INFINITY);

  async function send(method: string, path: string, headers: Record<string, string> = {}) {
    // Compression would change lengths that have to be exact.
    const sent = { ...common, "accept-encoding": "identity", ...headers };
    const init = { method, headers: sent, ...(signal === undefined ? {} : { signal }) };
    const exchange = await exchangeOnce(new URL(path, registry), init, receive);
    steps.push(exchange.step);
    if (exchange.broken !== null) throw new PullError("broke", exchange, steps);
    if (exchange.step.status !== 200) throw new PullError("was refused", exchange, steps);
    return exchange;
  }

  function verify(exchange: Exchange, { size, digest }: Descriptor): void {
    const length = Number(exchange.headers.get("content-length"));
    if (exchange.step.bytes !== size || length !== size) {
      throw new PullError(`is not of ${size} bytes`, exchange, steps);
    }
    if (exchange.digest !== digest) {
      throw new PullError(`hashes to ${exchange.digest}`, exchange, steps);
    }
  }

  return {
    steps,
    /** The descriptor of what a reference points to. */
    async head(path: string): Promise<Descriptor> {
      const exchange = await send("HEAD", path, { accept: ACCEPT });
      const digest = exchange.headers.get("docker-content-digest");
      const mediaType = exchange.headers.get("content-type");
      const size = Number(exchange.headers.get("content-length"));
      if (digest !== null && mediaType !== null && size > 0) return { digest, mediaType, size };
      throw new PullError("lacks digest, type or length", exchange, steps);
    },
    async manifest(path: string, expected: Descriptor): Promise<Index | ImageManifest> {
      const exchange = await send("GET", path, { accept: ACCEPT });
      verify(exchange, expected);
      const digest = exchange.headers.get("docker-content-digest");
      const type = exchange.headers.get("content-type");
      if (digest !== expected.digest || type !== expected.mediaType) {
        throw new PullError(`claims to be ${type} ${digest}`, exchange, steps);
      }
      return JSON.parse(new TextDecoder().decode(exchange.body));
    },
    async blob(path: string, expected: Descriptor): Promise<void> {
      verify(await send("GET", path), expected);
    },
  };
}

/** A line of limited bandwidth. @returns waits until it has carried this number of bytes too. */
function createLine(bytesPerSecond: number): (bytes: number) => Promise<void> {
  let isFreeAt = 0;
  return async (bytes) => {
    const now = performance.now();
    isFreeAt = Math.max(isFreeAt, now) + (1000 * bytes) / bytesPerSecond;
    if (isFreeAt - now >= 1) await pause(isFreeAt - now);
  };
}

/** Makes one request. Never rejects. */
async function exchangeOnce(
  url: URL,
  init: RequestInit & { method: string },
  receive: (bytes: number) => Promise<void>,
): Promise<Exchange> {
  const start = performance.now();
  const hash = createHash("sha256");
  const isBlob = url.pathname.includes("/blobs/");
  const chunks: Uint8Array[] = [];
  let response: Response | null = null;
  let bytes = 0;
  let broken: Error | null = null;
  try {
    response = await fetch(url, init);
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      hash.update(chunk);
      if (!isBlob) chunks.push(chunk);
      await receive(chunk.length);
    }
  } catch (error) {
    broken = error as Error;
  }
  const headers = new Headers(response?.headers);
  const step: PullStep = {
    method: init.method,
    path: url.pathname,
    status: response?.status ?? 0,
    bytes,
    cacheStatus: headers.get("cache-status"),
    warning: headers.get("warning"),
    ms: performance.now() - start,
  };
  const body = Buffer.concat(chunks);
  return { step, headers, body, digest: `sha256:${hash.digest("hex")}`, broken };
}
