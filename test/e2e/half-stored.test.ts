import { expect, test } from "vitest";
import { createGate, createMeter } from "../support/hub/faults.ts";
import { buildImage, type Image, largestBlob, sha256 } from "../support/image.ts";
import { blobsKept, countKept, untilBlobsKept, untilKept } from "../support/mirror/kept.ts";
import { useStack } from "./use-stack.ts";

const LAYER_BYTES = 8_000_000;
/** More than all the buffers between storage and client hold. */
const HUGE_BYTES = 48 * 1024 * 1024;
const stack = useStack({ keepsBlobs: true, vars: { TAG_TTL_SECONDS: 0 } });

test("a layer is not kept if its client hangs up in the middle", async () => {
  const layer = await pushLayer("hung-up", HUGE_BYTES);
  const { hub, mirror, persistTo } = stack();
  const [meter, gate] = [createMeter(), createGate()];
  const downloads = [meter, gate];
  hub.intercept(async ({ host }, next) =>
    host === "storage" ? downloads.shift()?.through(await next()) : undefined,
  );
  const client = new AbortController();
  const answer = await fetch(mirror.origin + layer.path, { signal: client.signal });
  await gate.reached(1);
  client.abort();
  await expect(answer.arrayBuffer()).rejects.toThrow("aborted");
  await expect.poll(mirror.log).toContain("the client disconnected");
  await stack().served.whileGone(() => expectNotKept(layer));
  hub.intercept(null);
  await stack().pull("hung-up:1");
  await untilBlobsKept(persistTo, layer.image.blobs.keys());
});

test("a layer is not kept if the upstream ends in the middle", async () => {
  const { received, ...layer } = await halfWay("upstream-ends");
  await stack().served.whileGone(async () => {
    expect(await received).toBeNull();
    await expectNotKept(layer);
  });
  await expectKeptNext("upstream-ends", layer);
});

test("a layer is not kept if the mirror is killed in the middle", async () => {
  const { received, ...layer } = await halfWay("killed");
  await stack().mirror.close();
  expect(await received).toBeNull();
  await stack().served.whileGone(() => expectNotKept(layer));
  await expectKeptNext("killed", layer);
});

interface Layer {
  readonly image: Image;
  readonly digest: string;
  readonly bytes: Uint8Array;
  readonly path: string;
}

/** Pushes `library/<name>:1` with one large layer. */
async function pushLayer(name: string, layerBytes = LAYER_BYTES): Promise<Layer> {
  const image = await buildImage({ layerBytes, files: { "a.txt": name } });
  stack().hub.push(`library/${name}`, "1", image);
  const { digest, bytes } = largestBlob(image);
  return { image, digest, bytes, path: `/v2/${name}/blobs/${digest}` };
}

/** The mirror sends a client a large layer and stores it: both downloads are half-way. */
async function halfWay(name: string) {
  const layer = await pushLayer(name);
  const { hub, mirror } = stack();
  const gate = createGate();
  hub.intercept(async ({ host }, next) =>
    host === "storage" ? gate.through(await next()) : undefined,
  );
  const answer = await fetch(mirror.origin + layer.path);
  const received = answer.arrayBuffer().then(
    (body) => new Uint8Array(body),
    () => null,
  );
  await gate.reached(2);
  return { ...layer, received };
}

/** While the upstream is gone, a mirror with nothing but KV and the bucket has no such layer. */
async function expectNotKept({ digest, path }: Layer): Promise<void> {
  const { persistTo, restart } = stack();
  await restart({ forgetsEdge: true });
  expect(await blobsKept(persistTo)).not.toContain(digest);
  expect((await fetch(stack().mirror.origin + path)).status).toBe(502);
  expect((await fetch(stack().mirror.origin + path, { method: "HEAD" })).status).toBe(502);
}

/** The next pull is right, and so is one of a restarted mirror without upstream. */
async function expectKeptNext(name: string, { image, digest, bytes, path }: Layer) {
  const { hub, persistTo, pull, restart } = stack();
  hub.intercept(null);
  const before = await countKept(persistTo, "kv");
  await expect.poll(() => pull(`${name}:1`)).toBeDefined();
  await pull(`${name}:1`);
  // The manifest, and the tag with the second pull.
  await untilKept(persistTo, "kv", before + 2);
  await untilBlobsKept(persistTo, image.blobs.keys());
  await restart({ forgetsEdge: true });
  await stack().served.whileGone(async () => {
    const answer = await fetch(stack().mirror.origin + path);
    expect(answer.headers.get("content-length")).toBe(String(bytes.length));
    expect(await sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(digest);
    expect((await pull(`${name}:1`)).digest).toBe(image.tagDigest);
  });
}
