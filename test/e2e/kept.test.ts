import { expect, test } from "vitest";
import { createGate } from "../support/hub/faults.ts";
import { tally } from "../support/hub.ts";
import { buildImage, type Image, sha256 } from "../support/image.ts";
import { bucketOf, untilBlobsKept } from "../support/mirror/bucket.ts";
import { untilKept } from "../support/mirror/kept.ts";
import type { Mirror } from "../support/mirror.ts";
import { pull } from "../support/pull.ts";
import { type Restartable, restartable } from "./restartable.ts";

const LAYER_BYTES = 8_000_000;
const IMAGE = await buildImage({ platforms: ["linux/amd64", "linux/arm64"], layers: 2 });
const LARGE = await buildImage({ layerBytes: LAYER_BYTES });

function largestOf({ blobs }: Image): { digest: string; bytes: Uint8Array } {
  const [[digest, bytes] = ["", new Uint8Array()]] = [...blobs].sort(
    ([, one], [, other]) => other.length - one.length,
  );
  return { digest, bytes };
}

const LARGEST = largestOf(LARGE);
const PATH = `/v2/hello/blobs/${LARGEST.digest}`;

/** A mirror that sends a client a large layer and fills its store with it: both are half-way. */
async function halfWay() {
  const set = await restartable({ keepsBlobs: true });
  const { hub } = set.served;
  hub.push("library/hello", "1", LARGE);
  const mirror = await set.start();
  const gate = createGate();
  hub.intercept(async ({ host }, next) =>
    host === "storage" ? gate.through(await next()) : undefined,
  );
  const client = new AbortController();
  const answer = await fetch(mirror.origin + PATH, { signal: client.signal });
  const received = answer.arrayBuffer().then(
    (body) => new Uint8Array(body),
    () => null,
  );
  await gate.reached(2);
  return { ...set, hub, mirror, gate, client, received };
}

/** With the upstream gone and nothing cached but KV and the bucket, a mirror has no such blob. */
async function expectNotKept({ served, persistTo, start, forgetEdge }: Restartable) {
  expect([...(await bucketOf(persistTo)).keys()].filter((key) => key.startsWith("blobs/"))).toEqual(
    [],
  );
  await served.goAway();
  await forgetEdge();
  const mirror = await start();
  expect((await fetch(mirror.origin + PATH)).status).toBe(502);
  expect((await fetch(mirror.origin + PATH, { method: "HEAD" })).status).toBe(502);
  return mirror;
}

/** The next pull is right, and so is the one after it by a mirror that has no upstream. */
async function expectKeptNext(mirror: Mirror, set: Restartable) {
  const { served, persistTo, start, forgetEdge } = set;
  served.hub.intercept(null);
  await expect.poll(() => pull({ registry: mirror.origin, image: "hello:1" })).toBeDefined();
  await untilBlobsKept(persistTo, LARGE.blobs.keys());
  await mirror.close();
  await served.goAway();
  await forgetEdge();
  const { origin } = await start();
  const answer = await fetch(origin + PATH);
  expect(answer.headers.get("content-length")).toBe(String(LARGEST.bytes.length));
  expect(await sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(LARGEST.digest);
  expect((await pull({ registry: origin, image: "hello:1" })).digest).toBe(LARGE.tagDigest);
}

test("with the upstream gone, a restarted mirror has the whole image, without asking", async () => {
  const { served, persistTo, start, forgetEdge } = await restartable({ keepsBlobs: true });
  served.hub.push("library/hello", "1", IMAGE);
  const before = await start();
  const platforms = ["linux/amd64", "linux/arm64"];
  for (const platform of platforms) {
    await pull({ registry: before.origin, image: "hello:1", platform });
  }
  await untilKept(persistTo, "kv", 5);
  await untilBlobsKept(persistTo, IMAGE.blobs.keys());
  await before.close();
  await forgetEdge();
  await served.goAway();

  const { origin } = await start();

  for (const platform of platforms) {
    const { digest, steps } = await pull({ registry: origin, image: "hello:1", platform });
    expect(digest).toBe(IMAGE.tagDigest);
    expect(steps.slice(1).map(({ cacheStatus }) => cacheStatus)).toEqual(
      steps.slice(1).map(() => "sampan; hit"),
    );
  }
});

test("a kept blob is resumed where it was cut", async () => {
  const { served, persistTo, start } = await restartable({ keepsBlobs: true });
  const { bytes } = LARGEST;
  served.hub.push("library/hello", "1", LARGE);
  const { origin } = await start();
  await pull({ registry: origin, image: "hello:1" });
  await untilBlobsKept(persistTo, LARGE.blobs.keys());
  await served.goAway();

  const range = { range: "bytes=5000000-" };
  const rest = await fetch(origin + PATH, { headers: range });

  expect(rest.status).toBe(206);
  expect(rest.headers.get("content-range")).toBe(
    `bytes 5000000-${bytes.length - 1}/${bytes.length}`,
  );
  expect(await sha256(new Uint8Array(await rest.arrayBuffer()))).toBe(
    await sha256(new Uint8Array(bytes.subarray(5_000_000))),
  );
});

test("a client that hangs up in the middle does not spoil the fill", async () => {
  const { client, gate, received, persistTo, mirror, ...set } = await halfWay();
  client.abort();
  expect(await received).toBeNull();
  gate.open();
  await untilBlobsKept(persistTo, [LARGEST.digest]);
  await expectKeptNext(mirror, { persistTo, ...set });
});

test("an upstream that ends in the middle leaves no blob", async () => {
  const { received, mirror, ...set } = await halfWay();
  await set.served.goAway();
  expect(await received).toBeNull();
  await mirror.close();
  const after = await expectNotKept(set);
  await set.served.comeBack();
  await expectKeptNext(after, set);
});

test("a mirror that is killed in the middle leaves no blob", async () => {
  const { received, mirror, ...set } = await halfWay();
  await mirror.kill();
  expect(await received).toBeNull();
  const after = await expectNotKept(set);
  await set.served.comeBack();
  await expectKeptNext(after, set);
});

test("the cron trigger fetches what a tag has moved to, before anybody pulls it", async () => {
  const { served, persistTo, start } = await restartable({ keepsBlobs: true });
  const { hub } = served;
  hub.push("library/hello", "1", IMAGE);
  const mirror = await start();
  const platforms = ["linux/amd64", "linux/arm64"];
  for (const platform of platforms) {
    await pull({ registry: mirror.origin, image: "hello:1", platform });
  }
  await untilKept(persistTo, "kv", 5);
  await untilBlobsKept(persistTo, IMAGE.blobs.keys());
  const next = await buildImage({ platforms, files: { "a.txt": "next" } });
  hub.push("library/hello", "1", next);
  hub.reset();

  await mirror.tend();

  expect(tally(hub.requests)).toEqual({ "registry HEAD manifest": 1, "registry GET manifest": 3 });
  hub.reset();
  expect((await pull({ registry: mirror.origin, image: "hello:1" })).digest).toBe(next.tagDigest);
  expect(hub.count({ method: "GET", path: /manifests/ })).toBe(0);
  expect(mirror.log()).toContain('"event":"sweep","deletedBlobs":0');
  expect(mirror.log()).toContain(
    '"event":"warm","registry":"docker.io","checked":1,"moved":1,"failed":0',
  );
});
