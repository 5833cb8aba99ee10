import type { Hub, HubOptions } from "./hub.ts";
import { type Mirror, type MirrorOptions, startMirror } from "./mirror.ts";
import { type Pulled, type PullOptions, pull } from "./pull.ts";
import { type ServedHub, serveHub } from "./serve.ts";

/** A stand-in Docker Hub and a real mirror of it, both over TCP. */
export interface Stack {
  readonly hub: Hub;
  readonly served: ServedHub;
  readonly mirror: Mirror;
  /** Pulls through the mirror. */
  pull(image: string, options?: Partial<PullOptions>): Promise<Pulled>;
  close(): Promise<void>;
}

/** How the two are set up. */
export interface StackOptions {
  readonly hub?: HubOptions;
  /** The mirror's, besides its upstream and namespace. */
  readonly vars?: MirrorOptions["vars"];
  readonly persistTo?: string;
  readonly keepsBlobs?: boolean;
  readonly rateLimit?: number;
}

/** Starts both; the mirror's namespace is `library`, as for Docker Hub itself. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const served = await serveHub(options.hub);
  const { hub: _, vars, ...mirrorOptions } = options;
  const mirror = await startMirror({
    vars: { UPSTREAM: served.origins.registry, NAMESPACE: "library", ...vars },
    ...mirrorOptions,
  }).catch(async (error) => {
    await served.close();
    throw error;
  });
  return {
    hub: served.hub,
    served,
    mirror,
    pull: (image, more) => pull({ registry: mirror.origin, image, ...more }),
    async close() {
      await Promise.all([mirror.close(), served.close()]);
    },
  };
}
