import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Mirror, startMirror } from "../test/support/mirror.ts";
import { type ServedHub, serveHub } from "../test/support/serve.ts";
import { buildSubject, NAME, TAG } from "./subject.ts";

/** A stand-in Docker Hub with one image, and the means to put a mirror before it. */
export interface Stage {
  readonly served: ServedHub;
  /** Where mirrors keep what outlives them. */
  readonly persistTo: string;
  /** What the tag points to. */
  readonly digest: string;
  /** Starts the Worker on what an earlier one has kept. One at a time. */
  startMirror(vars?: Record<string, string | number>): Promise<Mirror>;
  /** Ends everything that was started and removes what was kept. */
  close(): Promise<void>;
}

/** @param port the mirror's; null for a free one. */
export async function setStage(port: number | null): Promise<Stage> {
  const persistTo = await mkdtemp(join(tmpdir(), "sampan-demo-"));
  const served = await serveHub();
  const image = await buildSubject();
  served.hub.push(`library/${NAME}`, TAG, image);
  let mirror: Mirror | null = null;
  return {
    served,
    persistTo,
    digest: image.tagDigest,
    async startMirror(vars = {}) {
      // The edge cache is kept by host and port, so a restarted mirror needs those it had.
      const before = mirror === null ? port : Number(new URL(mirror.origin).port);
      await mirror?.close();
      mirror = await startMirror({
        vars: { UPSTREAM: served.origins.registry, NAMESPACE: "library", ...vars },
        persistTo,
        ...(before === null ? {} : { port: before }),
      });
      return mirror;
    },
    async close() {
      await Promise.all([mirror?.close(), served.close()]);
      await rm(persistTo, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
