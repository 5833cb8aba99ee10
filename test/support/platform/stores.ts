import { type Bytes, sha256 } from "../image.ts";

/*
 * The edge cache and R2 with their rules, in memory. Sources: CFD is cloudflare/cloudflare-docs, WD
 * is cloudflare/workerd.
 */

/** Bytes, or so many zeros, which take no memory. */
export interface Content {
  readonly size: number;
  /** Null for zeros. */
  readonly bytes: Bytes | null;
}

/** How the platform that owns the stores runs their operations. */
export interface StoreContext {
  now(): number;
  /** Counts an operation of the running invocation; the promise never settles if that is cut. */
  run<T>(kind: "external" | "internal", work: () => Promise<T>): Promise<T>;
  /** Makes a body that the platform can pump without the invocation. */
  open(
    content: Content,
    first: number,
    length: number,
    bytesPerSecond?: number,
  ): ReadableStream<Uint8Array>;
  sleep(ms: number): Promise<void>;
}

/** Larger content has to be zeros. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024;
/** Of one read; it grows with a large body. */
const MIN_BUFFER_BYTES = 16 * 1024;
const MAX_BUFFER_BYTES = 4 * 1024 * 1024;

/** The digests of so many zeros. */
const ZEROS: Readonly<Record<number, string>> = {
  40000000: "sha256:c0e6623abfbed73c146be81338cff1e8e4c06dd05eb98721163dc79fbbd20562",
  500000000: "sha256:38f7c0648553d81ad9402ebdd1b275a0029644c5b7eef7c963dfa7db9ef0ba23",
  512000000: "sha256:4c98cf638799a07eb85872e7f5f5d8d661c09e6e15af02f3655ed9250cae13b0",
  1073741824: "sha256:49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14",
};

/** @returns the digest of a layer of zeros. */
export function digestOfZeros(size: number): string {
  const digest = ZEROS[size];
  if (digest === undefined) throw new Error(`The digest of ${size} zeros is not listed.`);
  return digest;
}

/** Reads a body in few large pieces. @returns null at its end. */
export type ReadPiece = (maxBytes?: number) => Promise<Uint8Array | null>;

/** @returns a reader of a body, whichever kind it is, and a function that cancels it. */
export function readPieces(body: ReadableStream<Uint8Array>): {
  readonly read: ReadPiece;
  readonly cancel: () => Promise<void>;
} {
  // The platform's own streams give 4 KiB to other readers.
  const byob = byobReader(body);
  if (byob !== null) {
    let bufferBytes = MIN_BUFFER_BYTES;
    const read = async (maxBytes = MAX_BUFFER_BYTES) => {
      const size = Math.min(maxBytes, bufferBytes);
      const { done, value } = await byob.read(new Uint8Array(size));
      if (value?.byteLength === bufferBytes) {
        bufferBytes = Math.min(4 * bufferBytes, MAX_BUFFER_BYTES);
      }
      return done ? null : value;
    };
    return { read, cancel: () => byob.cancel() };
  }
  const reader = body.getReader();
  const read = async () => {
    const { done, value } = await reader.read();
    return done ? null : value;
  };
  return { read, cancel: () => reader.cancel() };
}

function byobReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return null;
  }
}

/** Collects pieces of content. */
export function createCollector(): { add(piece: Uint8Array): void; end(): Content } {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let isZeros = true;
  return {
    add(piece) {
      size += piece.byteLength;
      // All zeros by the first and the last byte of each piece: real content has no zeros there.
      isZeros &&= piece.at(0) === 0 && piece.at(-1) === 0;
      if (size <= MAX_KEPT_BYTES) pieces.push(piece);
      else if (isZeros) pieces = [];
      else throw new Error("The model only keeps large content of zeros.");
    },
    end() {
      if (size > MAX_KEPT_BYTES) return { size, bytes: null };
      const bytes = new Uint8Array(size);
      let offset = 0;
      for (const piece of pieces) {
        bytes.set(piece, offset);
        offset += piece.byteLength;
      }
      return { size, bytes };
    },
  };
}

async function collect(body: ReadableStream<Uint8Array>): Promise<Content> {
  const { read } = readPieces(body);
  const collector = createCollector();
  for (
    let piece = await read(MAX_BUFFER_BYTES);
    piece !== null;
    piece = await read(MAX_BUFFER_BYTES)
  ) {
    collector.add(piece);
  }
  return collector.end();
}

/** The Cache API of one data centre. */
export interface ModelEdge {
  readonly cache: Cache;
  /** The URLs of all entries. */
  keys(): string[];
  /** Forgets everything, as the platform may at any time. */
  clear(): void;
}

interface EdgeEntry {
  readonly headers: Headers;
  readonly content: Content;
  readonly expiresAt: number;
}

/** On all plans (CFD:workers/platform/limits). */
const MAX_EDGE_BYTES = 512 * 1000 * 1000;

/**
 * - Each operation counts as an external subrequest (WD io-context.c++, newSubrequest(false)).
 * - Nothing is shared between data centres (CFD:workers/runtime-apis/cache).
 * - An object over 512 MB is not stored, and `put` resolves all the same.
 * - A `put` whose body fails, or whose invocation ends, stores nothing (WD api/cache.c++).
 * - `match` answers a single `Range` with 206.
 */
export function createModelEdge(context: StoreContext): ModelEdge {
  const entries = new Map<string, EdgeEntry>();
  const cache = {
    match: (request: Request | string) =>
      context.run("external", async () => {
        const { url, headers } = new Request(request);
        const entry = entries.get(url);
        if (entry === undefined || entry.expiresAt <= context.now()) return undefined;
        return respond(context, entry, headers.get("range"));
      }),
    put: (url: string, response: Response) =>
      context.run("external", async () => {
        if (response.status === 206) throw new TypeError("Cannot cache response with status 206.");
        const { headers, body } = response;
        const content = body === null ? { size: 0, bytes: new Uint8Array() } : await collect(body);
        const maxAge = Number(/max-age=(\d+)/.exec(headers.get("cache-control") ?? "")?.[1] ?? 0);
        const isStored = content.size <= MAX_EDGE_BYTES && maxAge > 0;
        if (isStored) {
          const expiresAt = context.now() + maxAge * 1000;
          entries.set(url, { headers: new Headers(headers), content, expiresAt });
        }
      }),
    delete: (url: string) => context.run("external", async () => entries.delete(url)),
  };
  return {
    // Only the methods that the mirror uses.
    cache: cache as unknown as Cache,
    keys: () => [...entries.keys()].sort(),
    clear: () => entries.clear(),
  };
}

function respond(context: StoreContext, entry: EdgeEntry, range: string | null): Response {
  const { content } = entry;
  const headers = new Headers(entry.headers);
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  const first = Number(from ?? 0);
  const last = Math.min(Number(to ?? content.size - 1), content.size - 1);
  const length = last - first + 1;
  headers.set("content-length", String(length));
  if (from !== undefined) headers.set("content-range", `bytes ${first}-${last}/${content.size}`);
  const body = context.open(content, first, length);
  return new Response(body, { status: from === undefined ? 200 : 206, headers });
}

/** An R2 bucket. */
export interface ModelBucket {
  readonly binding: R2Bucket;
  /** The keys of all objects, sorted. */
  keys(): string[];
}

/**
 * An object is stored completely or not at all, and only if it has the given digest (R2PutOptions,
 * error 10037). A stream needs a known length. Operations count among the 1,000 to Cloudflare's
 * services (CFD:workers/platform/limits, changelog 2026-02-11).
 */
export function createModelBucket(context: StoreContext): ModelBucket {
  const objects = new Map<string, { content: Content; uploaded: Date }>();
  const describe = (key: string) => {
    const found = objects.get(key);
    return found === undefined
      ? null
      : { key, size: found.content.size, uploaded: found.uploaded, content: found.content };
  };
  const binding = {
    head: (key: string) => context.run("internal", async () => describe(key)),
    get: (key: string, { range }: { range?: { offset: number; length: number } } = {}) =>
      context.run("internal", async () => {
        const found = describe(key);
        if (found === null) return null;
        const { offset, length } = range ?? { offset: 0, length: found.size };
        return { ...found, body: context.open(found.content, offset, length) };
      }),
    put: (key: string, body: ReadableStream<Uint8Array>, { sha256: hash }: { sha256: string }) =>
      context.run("internal", async () => {
        const content = await collect(body);
        const { bytes, size } = content;
        const digest = bytes === null ? digestOfZeros(size) : await sha256(bytes);
        if (digest !== `sha256:${hash}`) {
          throw new Error("put: The SHA-256 checksum you specified did not match. (10037)");
        }
        objects.set(key, { content, uploaded: new Date(context.now()) });
      }),
  };
  return {
    // Only the methods that the mirror uses.
    binding: binding as unknown as R2Bucket,
    keys: () => [...objects.keys()].sort(),
  };
}
