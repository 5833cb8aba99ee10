import { imageOf, imageWithBlob, LARGE_BLOB, OCI_MANIFEST } from "../../support/contents.ts";
import type { Mirror, MirrorOptions } from "../../support/mirror/in-process.ts";
import type { Case } from "./faults.ts";
import { type ClientRequest, createStall, passTime, type Received, receiveAll } from "./receive.ts";
import { createSpoiler, type Spoiler } from "./spoiler.ts";
import { createStores, type Stores } from "./stores.ts";

/** A mirror in process whose upstream and stores fail on demand. */
export interface World {
  readonly mirror: Mirror;
  readonly stores: Stores;
  /** Whether whole blobs are archived in R2, else at the edge. */
  readonly hasBucket: boolean;
  /** Every URL that was requested upstream. */
  readonly urls: readonly string[];
  /** Lets one thing go wrong upstream, and nothing else. */
  break(fault: Case): Spoiler;
  /** The upstream works again; connections that hang break. */
  mend(): void;
  /** Sends a request, lets time pass as needed, and hangs up after a while. */
  receive(request: ClientRequest): Promise<Received | null>;
  /** As `receive`, for simultaneous requests. */
  receiveAll(requests: readonly ClientRequest[], maxSeconds?: number): Promise<(Received | null)[]>;
  /** Waits for work that goes on after the answers, and lets time pass as needed. */
  settle(): Promise<void>;
}

export interface WorldOptions extends Pick<MirrorOptions, "env" | "network"> {
  /** True unless set. */
  readonly hasBucket?: boolean;
}

export const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };

/** The longest that work after an answer may take. */
const SETTLE_SECONDS = 60;

/** The upstream has `library/busybox:1.36`, and a large blob beside it. */
export function createWorld(
  createMirror: (options: MirrorOptions) => Mirror,
  { env = ACCOUNT, network = (hub) => hub, hasBucket = true }: WorldOptions = {},
): World {
  const stall = createStall();
  const stores = createStores(stall);
  const urls: string[] = [];
  let spoiler: Spoiler | null = null;
  const mirror = createMirror({
    env,
    hub: { accounts: { sampan: "hunter2" } },
    bindings: { CACHE: stores.kv, ...(hasBucket ? { BLOBS: stores.bucket } : {}) },
    openCache: stores.openEdge,
    network: (hub) => {
      const upstream = network(hub);
      return (input, init) => {
        urls.push(String(input));
        const fetch = spoiler?.through(upstream) ?? upstream;
        return fetch(input as string, init);
      };
    },
  });
  const { clock, hub } = mirror;
  hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  hub.push("library/busybox", null, imageWithBlob(LARGE_BLOB));

  function mend(): void {
    spoiler?.end();
    spoiler = null;
    hub.intercept(null);
  }
  return {
    ...{ mirror, stores, hasBucket, urls, mend },
    break(fault) {
      mend();
      spoiler = createSpoiler(fault, { clock, stall });
      hub.intercept(spoiler.interceptor);
      return spoiler;
    },
    async receive(request) {
      const [received = null] = await receiveAll(mirror, stall, [request]);
      return received;
    },
    receiveAll: (requests, maxSeconds) => receiveAll(mirror, stall, requests, maxSeconds),
    async settle() {
      await passTime(mirror.settle(), { clock, stall, maxSeconds: SETTLE_SECONDS });
    },
  };
}
