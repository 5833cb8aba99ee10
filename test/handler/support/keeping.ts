import type { HubFilter, Interceptor } from "../../support/hub.ts";
import { useMirrors } from "../support.ts";
import { CONFIG, imageOf, imageWithBlob, LAYER, OCI_INDEX, OCI_MANIFEST } from "./images.ts";
import type { Mirror } from "./mirror.ts";
import type { MirrorOptions } from "./options.ts";

/** 1.5 MB, no two neighbours alike: more than the mirror keeps in memory and at the edge. */
export const COUNTED_BLOB = {
  digest: "sha256:5596d05b12f12e268d4d9418b201f81533c985c09d28f2b91c2b013174e1be48",
  bytes: Uint8Array.from({ length: 1_500_000 }, (_, index) => index % 251),
};
export const LARGE_PATH = `/v2/busybox/blobs/${COUNTED_BLOB.digest}`;
export const SMALL_PATH = `/v2/busybox/blobs/${LAYER.digest}`;
export const STORAGE = { host: "storage" } as const;

const REGISTRY = "registry-1.docker.io";

/** What a bucket has that keeps these blobs, none of which was pulled days later. */
export function keysOf(...digests: readonly string[]): string[] {
  return digests.map((digest) => `blobs/${REGISTRY}/${digest}`).sort();
}

/** What a bucket has that keeps these blobs, all of which were. */
export function notedKeysOf(...digests: readonly string[]): string[] {
  return [...keysOf(...digests), ...digests.map((digest) => `used/${REGISTRY}/${digest}`).sort()];
}

/** @returns what makes mirrors with a bucket, of `busybox:1.36` and a large blob. */
export function useKeepingMirrors(): (options?: MirrorOptions) => Mirror {
  const createMirror = useMirrors();
  return (options = {}) => {
    const mirror = createMirror({ keepsBlobs: true, ...options });
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_INDEX, OCI_MANIFEST));
    mirror.hub.push("library/busybox", null, imageWithBlob(COUNTED_BLOB));
    return mirror;
  };
}

/** All that a client asks for to pull `busybox:1.36` in full. */
export const PULL = [
  "/v2/busybox/manifests/1.36",
  `/v2/busybox/manifests/${OCI_INDEX.digest}`,
  `/v2/busybox/manifests/${OCI_MANIFEST.digest}`,
  `/v2/busybox/blobs/${CONFIG.digest}`,
  SMALL_PATH,
  LARGE_PATH,
];

/** Lets the first request pass, which is the client's, and answers the others, which are the fill's. */
export function afterFirst(
  { host }: HubFilter,
  answer: (next: () => Promise<Response>) => ReturnType<Interceptor>,
): Interceptor {
  let seen = 0;
  return (request, next) => {
    if (request.host !== host) return undefined;
    seen += 1;
    return seen > 1 ? answer(next) : undefined;
  };
}

/** The same response, whose body stops after so many bytes until it is told to break. */
export function stuckAfter(response: Response, bytes: number) {
  const broken = Promise.withResolvers<never>();
  const stuck = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, bytes));
      await broken.promise;
    },
  });
  const { status, headers } = response;
  return {
    response: new Response(response.body?.pipeThrough(stuck) ?? null, { status, headers }),
    breakOff: () => broken.reject(new TypeError("Network connection lost.")),
  };
}
