import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createMeter, truncate } from "../support/hub/faults.ts";
import { tally } from "../support/hub.ts";
import { buildImage, type Image } from "../support/image.ts";
import { PullError } from "../support/pull.ts";
import { stackForTest } from "./stack-for-test.ts";

const SMALL_BYTES = 10_000;
const LARGE_BYTES = 3_000_000;
/** More than all the buffers between storage and client hold. */
const HUGE_BYTES = 48 * 1024 * 1024;

function largestOf(image: Image): { digest: string; bytes: Uint8Array } {
  const [largest] = [...image.blobs].sort(([, one], [, other]) => other.length - one.length);
  if (largest === undefined) throw new Error("An image without blobs.");
  return { digest: largest[0], bytes: largest[1] };
}

async function stackWith(layerBytes: number, hubOptions = {}) {
  const stack = await stackForTest({ hub: hubOptions });
  const image = await buildImage({ layerBytes });
  stack.hub.push("library/hello", "1", image);
  const { digest, bytes } = largestOf(image);
  return { ...stack, image, digest, bytes, url: `${stack.mirror.origin}/v2/hello/blobs/${digest}` };
}

test.each([SMALL_BYTES, LARGE_BYTES])(
  "a pull of %i bytes goes on where it was cut",
  async (size) => {
    const { url, bytes, digest } = await stackWith(size);
    const half = Math.floor(bytes.length / 2);

    for (let time = 0; time < 2; time += 1) {
      const range = { range: `bytes=${half}-` };
      const rest = await fetch(url, { headers: range });
      const body = new Uint8Array(await rest.arrayBuffer());

      expect(rest.status).toBe(206);
      const last = bytes.length - 1;
      expect(rest.headers.get("content-range")).toBe(`bytes ${half}-${last}/${bytes.length}`);
      expect(rest.headers.get("content-length")).toBe(String(bytes.length - half));
      expect(body).toEqual(new Uint8Array(bytes.subarray(half)));
      // The second time a small blob comes from the cache, and must be cut the same way.
      const whole = await (await fetch(url)).arrayBuffer();
      expect(`sha256:${createHash("sha256").update(Buffer.from(whole)).digest("hex")}`).toBe(
        digest,
      );
    }
    const beyond = await fetch(url, { headers: { range: `bytes=${bytes.length}-` } });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get("content-range")).toBe(`bytes */${bytes.length}`);
  },
);

test.each([SMALL_BYTES, LARGE_BYTES])("a blob of %i bytes cut short breaks off", async (size) => {
  const { hub, pull, digest } = await stackWith(size);
  hub.intercept(async ({ host, path }, next) => {
    const isBlob = host === "storage" && path.includes(digest.slice("sha256:".length));
    return isBlob ? truncate(await next(), size / 2) : undefined;
  });

  const error = await pull("hello:1").catch((reason) => reason);

  expect(error).toBeInstanceOf(PullError);
  expect(error.message).toContain(`blobs/${digest} broke`);
  hub.intercept(null);
  await pull("hello:1");
});

test("a client that reads slowly holds the upstream back, and nobody else", async () => {
  const { hub, pull, url, bytes } = await stackWith(HUGE_BYTES);
  hub.push("library/other", "1", await buildImage());
  const meter = createMeter();
  hub.intercept(async ({ host }, next) =>
    host === "storage" ? meter.through(await next()) : undefined,
  );
  const slow = await fetch(url);
  const reader = slow.body?.getReader();
  let received = (await reader?.read())?.value?.length ?? 0;
  hub.intercept(null);

  await pull("other:1");

  expect(meter.sent()).toBeLessThan(bytes.length);
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
    received += part.value.length;
  }
  expect(received).toBe(bytes.length);
});

test("a client that hangs up stops the download", async () => {
  const { hub, url, bytes } = await stackWith(HUGE_BYTES);
  const meter = createMeter();
  hub.intercept(async ({ host }, next) =>
    host === "storage" ? meter.through(await next()) : undefined,
  );
  const client = new AbortController();
  const blob = await fetch(url, { signal: client.signal });
  await blob.body?.getReader().read();

  client.abort();

  await meter.cancelled;
  expect(meter.sent()).toBeLessThan(bytes.length);
});

test("a layer that storage calls gzip arrives as it is", async () => {
  const { hub, pull } = await stackWith(SMALL_BYTES);
  hub.intercept(async ({ host }, next) => {
    if (host !== "storage") return undefined;
    const answer = await next();
    answer.headers.set("content-encoding", "gzip");
    return answer;
  });

  for (const _ of ["cold", "warm"]) await expect(pull("hello:1")).resolves.toBeDefined();
});

test("a signature that has expired is asked for anew once, then it is a 502", async () => {
  const { hub, mirror, url } = await stackWith(LARGE_BYTES, { blobUrlSeconds: 0 });

  const answer = await fetch(url);

  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ errors: [{ code: "UNAVAILABLE" }] });
  expect(tally(hub.requests)).toMatchObject({ "registry GET blob": 2, "storage GET blob": 2 });
  expect(mirror.log()).not.toMatch(/Signature=|stand-in\./);
});
