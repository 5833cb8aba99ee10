import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../test/support/image.ts";
import { untilKept } from "../test/support/mirror/kept.ts";
import { type Mirror, startMirror } from "../test/support/mirror.ts";
import { type ServedHub, serveHub } from "../test/support/serve.ts";

export const NAME = "hello";
export const TAG = "1";
export const PLATFORMS = ["linux/amd64", "linux/arm64/v8"] as const;
export const PULLED_PLATFORM = "linux/arm64/v8";

const LAYERS = 3;
const LAYER_BYTES = 400_000;
/** The KV values of one pull: the token, the tag, the index and one manifest. */
const KV_VALUES = 4;

/** A stand-in for Docker Hub with one image, and a mirror of it. */
export interface Environment {
  readonly served: ServedHub;
  /** The digest that the tag points to. */
  readonly digest: string;
  /** Starts the Worker, or restarts it with other variables. Its stored data is kept. */
  startMirror(vars?: Record<string, string | number>): Promise<Mirror>;
  /** Waits until the mirror has stored one pull of this many manifests and blobs. */
  untilStored(contents: number): Promise<void>;
  /** Stops everything and removes the stored data. */
  close(): Promise<void>;
}

/** @param port the port of the mirror; null for any free one. */
export async function startEnvironment(port: number | null): Promise<Environment> {
  const persistTo = await mkdtemp(join(tmpdir(), "sampan-demo-"));
  const served = await serveHub();
  const image = await buildImage({
    platforms: PLATFORMS,
    files: { "hello.txt": "Hello from behind a mirror.\n" },
    layers: LAYERS,
    layerBytes: LAYER_BYTES,
  });
  served.hub.push(`library/${NAME}`, TAG, image);
  let mirror: Mirror | null = null;
  return {
    served,
    digest: image.tagDigest,
    async startMirror(vars = {}) {
      // The edge cache is keyed by host and port, so a restarted mirror needs the same port.
      const samePort = mirror === null ? port : Number(new URL(mirror.origin).port);
      await mirror?.close();
      mirror = await startMirror({
        vars: { UPSTREAM: served.origins.registry, NAMESPACE: "library", ...vars },
        persistTo,
        ...(samePort === null ? {} : { port: samePort }),
      });
      return mirror;
    },
    async untilStored(contents) {
      await untilKept(persistTo, "kv", KV_VALUES);
      await untilKept(persistTo, "edge", contents);
    },
    async close() {
      await Promise.all([mirror?.close(), served.close()]);
      await rm(persistTo, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** @returns whether a program can listen on this loopback port. */
export async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, "127.0.0.1");
    await once(probe, "listening");
  } catch {
    return false;
  }
  probe.close();
  await once(probe, "close");
  return true;
}
