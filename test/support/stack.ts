import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hub, HubOptions } from "./hub.ts";
import { type Mirror, type MirrorOptions, startMirror } from "./mirror.ts";
import { type Pulled, type PullOptions, pull } from "./pull.ts";
import { type ServedHub, serveHub } from "./serve.ts";

/** A stand-in Docker Hub and a real mirror of it, both over TCP. */
export interface Stack {
  readonly hub: Hub;
  readonly served: ServedHub;
  /** The current one: `restart` replaces it. */
  readonly mirror: Mirror;
  /** The directory of the mirror's stores. */
  readonly persistTo: string;
  /** Pulls through the mirror. */
  pull(image: string, options?: Partial<PullOptions>): Promise<Pulled>;
  /**
   * Starts the mirror anew on the same port, since the edge cache is for one host and port, with the
   * same KV and bucket; with an empty edge cache if it is to forget it.
   */
  restart(options?: { readonly forgetsEdge?: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** How the two are set up. */
export interface StackOptions extends Pick<MirrorOptions, "keepsBlobs"> {
  readonly hub?: HubOptions;
  /** The mirror's, besides its upstream and namespace. */
  readonly vars?: MirrorOptions["vars"];
  /** How often a client may start a pull in a minute; no limit unless set. */
  readonly rateLimit?: number;
}

/** Where miniflare keeps the edge cache, beside KV. */
const EDGE_CACHE = "v3/cache";

/** Starts both; the mirror's namespace is `library`, as for Docker Hub itself. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  await using opened = new AsyncDisposableStack();
  const persistTo = await mkdtemp(join(tmpdir(), "sampan-stack-"));
  opened.defer(() => rm(persistTo, { recursive: true, force: true, maxRetries: 3 }));
  const served = await serveHub(options.hub);
  opened.defer(served.close);
  const { hub: _, vars, ...mirrorOptions } = options;
  const start = (port: number) =>
    startMirror({
      vars: { UPSTREAM: served.origins.registry, NAMESPACE: "library", ...vars },
      ...mirrorOptions,
      ...{ persistTo, port },
    });
  let mirror = await start(0);
  opened.defer(() => mirror.close());
  const port = Number(new URL(mirror.origin).port);
  const closing = opened.move();
  return {
    ...{ hub: served.hub, served, persistTo },
    get mirror() {
      return mirror;
    },
    pull: (image, more) => pull({ registry: mirror.origin, image, ...more }),
    async restart({ forgetsEdge = false } = {}) {
      await mirror.close();
      if (forgetsEdge) await rm(join(persistTo, EDGE_CACHE), { recursive: true, force: true });
      mirror = await start(port);
    },
    close: () => closing.disposeAsync(),
  };
}
