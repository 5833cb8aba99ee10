import { once } from "node:events";
import { get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { when } from "../support/hub/faults.ts";
import { buildImage, docker, oci } from "../support/image.ts";
import { blobsKept } from "../support/mirror/kept.ts";
import { kvKeys } from "../support/mirror/kept-keys.ts";
import { type Stack, startStack } from "../support/stack.ts";

const LAYER_BYTES = 8_000_000;
const TIMEOUT_SECONDS = 3;
/** A layer takes six seconds. */
const PIECE_BYTES = 64 * 1024;
const PIECE_MS = 50;
const TYPES = [docker.index, docker.manifest, oci.index, oci.manifest];

let stack: Stack;

/** An open mirror with an account at a registry whose tokens reveal nothing, and a bucket. */
beforeAll(async () => {
  stack = await startStack({
    keepsBlobs: true,
    hub: { accounts: { sampan: "hunter2" } },
    vars: {
      UPSTREAM_USERNAME: "sampan",
      UPSTREAM_PASSWORD: "hunter2",
      UPSTREAM_TIMEOUT_SECONDS: TIMEOUT_SECONDS,
    },
  });
  stack.hub.push("library/large", "1", await buildImage());
});

afterAll(async () => {
  await stack.close();
  expect(stack.hub.leaks).toEqual([]);
});

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${stack.mirror.origin}${path}`, init);
}

async function statusOf(path: string, init: RequestInit = {}): Promise<number> {
  const { status, body } = await ask(path, init);
  await body?.cancel();
  return status;
}

/** Pulls another image, and waits until its records are in KV: earlier writes are there then. */
async function settleKv(name: string): Promise<string[]> {
  stack.hub.push(`library/${name}`, "1", await buildImage({ files: { name } }));
  await stack.pull(`${name}:1`);
  const isWritten = (keys: string[]) =>
    keys.some((key) => key.startsWith("v2/manifest/") && key.includes(`/library/${name}/`));
  await expect.poll(async () => isWritten(await kvKeys(stack.persistTo))).toBe(true);
  return kvKeys(stack.persistTo);
}

/** Makes an image with a large layer of its own available. */
async function pushLayer(name: string): Promise<{ digest: string }> {
  const image = await buildImage({ layerBytes: LAYER_BYTES, files: { name } });
  stack.hub.push(`library/${name}`, "1", image);
  const [digest = ""] = [...image.blobs].find(([, bytes]) => bytes.length >= LAYER_BYTES) ?? [];
  return { digest };
}

async function storedBlobs(digest: string): Promise<string[]> {
  return (await blobsKept(stack.persistTo)).filter((key) => key.includes(digest));
}

/** The same response from a slow storage: the layer takes several seconds. */
function trickle({ status, headers, body }: Response): Response {
  const slow = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
        controller.enqueue(chunk.subarray(start, start + PIECE_BYTES));
        await pause(PIECE_MS);
      }
    },
  });
  return new Response(body?.pipeThrough(slow) ?? null, { status, headers });
}

test("made-up tags and digests cost no pull and no write to KV", async () => {
  await stack.pull("large:1");
  const pulls = stack.hub.pulls();
  for (let index = 0; index < 20; index++) {
    const digest = `sha256:${index.toString(16).padStart(64, "0")}`;
    for (const method of ["HEAD", "GET"]) {
      expect(await statusOf(`/v2/large/manifests/no-${index}`, { method })).toBe(404);
      expect(await statusOf(`/v2/large/manifests/${digest}`, { method })).toBe(404);
      expect(await statusOf(`/v2/large/blobs/${digest}`, { method })).toBe(404);
    }
  }
  expect(stack.hub.pulls()).toBe(pulls);
  const keys = await settleKv("after-tags");
  expect(keys.filter((key) => /no-\d|0{32}/.test(key))).toEqual([]);
});

test("made-up names cost no write to KV at a registry with opaque tokens", async () => {
  const pulls = stack.hub.pulls();
  for (let index = 0; index < 20; index++) {
    for (const method of ["HEAD", "GET"]) {
      expect(await statusOf(`/v2/made/up-${index}/manifests/1`, { method })).toBe(404);
      expect(await statusOf(`/v2/made/up-${index}/tags/list`, { method })).toBe(404);
    }
  }
  expect(stack.hub.pulls()).toBe(pulls);
  const keys = await settleKv("after-names");
  expect(keys.filter((key) => key.includes("made/up"))).toEqual([]);
});

test("fifteen sets of accepted types cost three records of a tag in KV", async () => {
  stack.hub.push("library/subsets", "1", await buildImage());
  const codes: number[] = [];
  for (let subset = 1; subset < 16; subset++) {
    const accept = TYPES.filter((_, bit) => subset & (1 << bit)).join(", ");
    codes.push(await statusOf("/v2/subsets/manifests/1", { headers: { accept } }));
  }
  // The other half does not accept the image's type.
  expect(codes.filter((code) => code === 200)).toHaveLength(8);
  const keys = await settleKv("after-subsets");
  expect(keys.filter((key) => key.includes("/library/subsets/1/"))).toHaveLength(3);
  expect(keys.filter((key) => /manifest.*library.subsets/.test(key))).toHaveLength(1);
});

test("small ranges of a large layer read no more than they answer, and store nothing", async () => {
  const { digest } = await pushLayer("ranges");
  stack.hub.reset();
  const ranges = Array.from({ length: 20 }, (_, at) => `bytes=${at * 1000}-${at * 1000 + 99}`);
  for (const range of ranges) {
    const answer = await ask(`/v2/ranges/blobs/${digest}`, { headers: { range } });
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([206, 100]);
  }
  const fromStorage = stack.hub.requests.filter(({ host }) => host === "storage");
  // The first one checks that the image is public.
  expect(fromStorage.map(({ headers }) => headers.get("range"))).toEqual(["bytes=0-0", ...ranges]);
  expect(await storedBlobs(digest)).toEqual([]);
});

test("clients that disconnect after 429 bytes of a layer store nothing", async () => {
  const { digest } = await pushLayer("cut");
  stack.hub.intercept(async ({ host }, next) =>
    host === "storage" ? trickle(await next()) : undefined,
  );
  const failures = () => stack.mirror.log().split('"backfill failed"').length - 1;
  const before = failures();
  for (let clients = 1; clients <= 3; clients++) {
    const request = get(`${stack.mirror.origin}/v2/cut/blobs/${digest}`);
    const [response] = await once(request, "response");
    let received = 0;
    while (received < 429) received += (await once(response, "data"))[0].length;
    request.destroy();
    await expect.poll(failures).toBe(before + clients);
  }
  stack.hub.intercept(null);
  expect(await storedBlobs(digest)).toEqual([]);
  const lines = stack.mirror
    .log()
    .split("\n")
    .filter((line) => line.includes("blob interrupted"));
  expect(lines.map((line) => JSON.parse(line).reason)).toEqual(
    Array(3).fill("the client disconnected"),
  );
});

test("slow tag lists end in time, and delay no other client", async () => {
  stack.hub.intercept(when({ path: /\/tags\/list$/ }, () => "hang"));
  const startedAt = performance.now();
  const lists = Array.from({ length: 20 }, (_, index) => statusOf(`/v2/slow/${index}/tags/list`));
  const hanging = stack.hub.waitFor({ path: /\/tags\/list$/ });
  await hanging;
  stack.hub.push("library/quick", "1", await buildImage({ files: { quick: "1" } }));
  await stack.pull("quick:1");
  expect(stack.hub.count({ path: /quick\/manifests/ })).toBeGreaterThan(0);
  expect(new Set(await Promise.all(lists))).toEqual(new Set([504]));
  expect(performance.now() - startedAt).toBeLessThan(3 * TIMEOUT_SECONDS * 1000);
  stack.hub.intercept(null);
  // The circuit of the registry is still closed.
  stack.hub.push("library/next", "1", await buildImage({ files: { next: "1" } }));
  await stack.pull("next:1");
});
