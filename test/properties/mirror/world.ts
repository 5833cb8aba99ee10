import { createStall, type Stall } from "../../faults/world/stall.ts";
import { createStores, type Stores } from "../../faults/world/stores.ts";
import { imageOf, imageWithBlob, LARGE_BLOB, OCI_MANIFEST } from "../../support/contents.ts";
import type { Mirror, MirrorOptions } from "../../support/mirror/in-process.ts";

/** A mirror with stores of its own, R2 as well, in memory, and everything that it has asked for. */
export interface World {
  readonly mirror: Mirror;
  readonly stores: Stores;
  readonly stall: Stall;
  /** Every URL that was asked for upstream. */
  readonly urls: readonly string[];
}

export const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };

/** `library/busybox:1.36` is there, and a large blob beside it. */
export function createWorld(
  createMirror: (options: MirrorOptions) => Mirror,
  { hub, network = (next) => next, ...options }: MirrorOptions = {},
): World {
  const stall = createStall();
  const stores = createStores(stall);
  const urls: string[] = [];
  const mirror = createMirror({
    env: ACCOUNT,
    hub: { accounts: { sampan: "hunter2" }, ...hub },
    bindings: { CACHE: stores.kv, BLOBS: stores.bucket },
    openCache: stores.openEdge,
    network: (upstream) => {
      const fetch = network(upstream);
      return (input, init) => {
        urls.push(String(input));
        return fetch(input as string, init);
      };
    },
    ...options,
  });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  mirror.hub.push("library/busybox", null, imageWithBlob(LARGE_BLOB));
  return { mirror, stores, stall, urls };
}
