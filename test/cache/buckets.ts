import { createBlobStore } from "../../src/cache/blob-store.ts";
import type { Deadline } from "../../src/cache/deadline.ts";
import { createMemory } from "../../src/cache/memory.ts";
import type { Digest } from "../../src/protocol/digest.ts";
import { createClock, noDeadline } from "./stores.ts";

export const DAY_MS = 24 * 60 * 60 * 1000;
export const KEEP_MS = 30 * DAY_MS;
export const REGISTRY = "registry-1.docker.io";

/** `the only layer of this image\n`, 29 bytes. */
export const BLOB = {
  digest: "sha256:3b4d922053807bd0a41bad4f1357a1ab35f50cd885d015057086321245cbb33c" as Digest,
  text: "the only layer of this image\n",
};
export const BLOB_KEY = `blobs/${REGISTRY}/${BLOB.digest}`;
export const NOTE_KEY = `used/${REGISTRY}/${BLOB.digest}`;

/** A store on a bucket, with what it told the log; its clock begins where the platform's stands. */
export function createStoreOn(bucket: R2Bucket, deadline: Deadline = noDeadline) {
  const clock = createClock(Date.now());
  const reports: string[] = [];
  const isolate = () =>
    createBlobStore({
      bucket,
      registry: REGISTRY,
      now: clock.now,
      deadline,
      report: (store, operation, cause) => reports.push(`${store} ${operation}: ${cause}`),
      keepMs: KEEP_MS,
      touched: createMemory<number>(10),
    });
  return { store: isolate(), isolate, clock, reports };
}

/** A stream of text that ends, or breaks off where `error` is given. */
export function streamOf(text: string, error?: Error): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      if (text !== "") controller.enqueue(new TextEncoder().encode(text));
      text = "";
      if (error) controller.error(error);
      else controller.close();
    },
  });
}

export async function textIn(body: ReadableStream<Uint8Array> | undefined) {
  return body && (await new Response(body).text());
}
