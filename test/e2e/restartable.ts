import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type Mirror, type MirrorOptions, startMirror } from "../support/mirror.ts";
import { type ServedHub, serveHub } from "../support/serve.ts";

/** A stand-in Docker Hub, and mirrors of it that one after another have the same stores. */
export interface Restartable {
  readonly served: ServedHub;
  /** Where the stores are. */
  readonly persistTo: string;
  /** Starts a mirror at the place of the last one: the edge cache is for one host and port. */
  start(): Promise<Mirror>;
  /** Empties the edge cache, between two mirrors. */
  forgetEdge(): Promise<void>;
}

/** Where miniflare keeps the edge cache, beside KV. */
const EDGE_CACHE = "v3/cache";

/** All of it ends with the test, and fails it when a mirror sent on what it must not. */
export async function restartable(
  options: Pick<MirrorOptions, "keepsBlobs"> = {},
): Promise<Restartable> {
  const persistTo = await mkdtemp(join(tmpdir(), "sampan-restart-"));
  const served = await serveHub();
  const mirrors: Mirror[] = [];
  onTestFinished(async () => {
    await Promise.all(mirrors.map((mirror) => mirror.close()));
    await served.close();
    await rm(persistTo, { recursive: true, force: true, maxRetries: 3 });
    expect(served.hub.leaks).toEqual([]);
  });
  return {
    served,
    persistTo,
    async start() {
      const vars = { UPSTREAM: served.origins.registry, NAMESPACE: "library", TAG_TTL_SECONDS: 0 };
      const port = Number(new URL(mirrors[0]?.origin ?? "http://localhost:0").port);
      const mirror = await startMirror({ vars, persistTo, port, ...options });
      mirrors.push(mirror);
      return mirror;
    },
    forgetEdge: () => rm(join(persistTo, EDGE_CACHE), { recursive: true }),
  };
}
