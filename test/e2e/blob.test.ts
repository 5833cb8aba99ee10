import { expect, test } from "vitest";
import { createMeter, type Meter, truncate } from "../support/hub/faults.ts";
import { tally } from "../support/hub.ts";
import { buildImage, largestBlob, sha256 } from "../support/image.ts";
import { PullError } from "../support/pull.ts";
import { useStack } from "./use-stack.ts";

const SMALL_BYTES = 10_000;
const LARGE_BYTES = 3_000_000;
/** More than all the buffers between storage and client hold. */
const HUGE_BYTES = 48 * 1024 * 1024;

const stack = useStack();

test.each([SMALL_BYTES, LARGE_BYTES])(
  "a blob of %i bytes resumes where it was cut",
  async (size) => {
    const { url, bytes, digest } = await pushBlob(`resumed-${size}`, size);
    const half = Math.floor(bytes.length / 2);

    for (let time = 0; time < 2; time += 1) {
      const rest = await fetch(url, { headers: { range: `bytes=${half}-` } });
      const body = new Uint8Array(await rest.arrayBuffer());

      expect(rest.status).toBe(206);
      const last = bytes.length - 1;
      expect(rest.headers.get("content-range")).toBe(`bytes ${half}-${last}/${bytes.length}`);
      expect(rest.headers.get("content-length")).toBe(String(bytes.length - half));
      expect(body).toEqual(new Uint8Array(bytes.subarray(half)));
      // The second time a small blob comes from the cache, and must be cut the same way.
      const whole = await (await fetch(url)).arrayBuffer();
      expect(await sha256(new Uint8Array(whole))).toBe(digest);
    }
    const beyond = await fetch(url, { headers: { range: `bytes=${bytes.length}-` } });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get("content-range")).toBe(`bytes */${bytes.length}`);
  },
);

test.each([SMALL_BYTES, LARGE_BYTES])(
  "a blob of %i bytes that is cut short breaks",
  async (size) => {
    const name = `short-${size}`;
    const { digest } = await pushBlob(name, size);
    const { hub, pull } = stack();
    hub.intercept(async ({ host, path }, next) => {
      const isBlob = host === "storage" && path.includes(digest.slice("sha256:".length));
      return isBlob ? truncate(await next(), size / 2) : undefined;
    });

    const error = await pull(`${name}:1`).catch((reason) => reason);

    expect(error).toBeInstanceOf(PullError);
    expect(error.message).toContain(`blobs/${digest} broke`);
    hub.intercept(null);
    await pull(`${name}:1`);
  },
);

test("a blob for a slow client is not read ahead, and delays no other client", async () => {
  const { url, bytes } = await pushBlob("slow", HUGE_BYTES);
  const { hub, pull } = stack();
  hub.push("library/other", "1", await buildImage());
  const [meter] = meterDownloads();
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

test("a blob is downloaded neither for its client nor to store it once the client hangs up", async () => {
  const { url, bytes } = await pushBlob("abandoned", HUGE_BYTES);
  const [meter, storing] = meterDownloads();
  const client = new AbortController();
  const blob = await fetch(url, { signal: client.signal });
  await blob.body?.getReader().read();

  await expect.poll(storing.sent).toBeGreaterThan(0);

  client.abort();

  await meter.cancelled;
  await storing.cancelled;
  expect(meter.sent()).toBeLessThan(bytes.length);
  expect(storing.sent()).toBeLessThan(bytes.length);
});

test("a blob that storage labels as gzip arrives as it is", async () => {
  await pushBlob("gzip", SMALL_BYTES);
  const { hub, pull } = stack();
  hub.intercept(async ({ host }, next) => {
    if (host !== "storage") return undefined;
    const answer = await next();
    answer.headers.set("content-encoding", "gzip");
    return answer;
  });

  for (const _ of ["cold", "warm"]) await expect(pull("gzip:1")).resolves.toBeDefined();
});

test("a blob whose signature is refused is requested anew once, then it is a 502", async () => {
  const { url } = await pushBlob("expired", LARGE_BYTES);
  const { hub, mirror } = stack();
  hub.intercept(({ host }) =>
    host === "storage" ? new Response("Request has expired", { status: 403 }) : undefined,
  );

  const answer = await fetch(url);

  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ errors: [{ code: "UNAVAILABLE" }] });
  expect(tally(hub.requests)).toMatchObject({ "registry GET blob": 2, "storage GET blob": 2 });
  expect(mirror.log()).not.toMatch(/Signature=|stand-in\./);
});

/** Counts the bytes of the next two downloads: for a client, and to store the blob. */
function meterDownloads(): [Meter, Meter] {
  const meters: [Meter, Meter] = [createMeter(), createMeter()];
  const waiting = [...meters];
  stack().hub.intercept(async ({ host }, next) => {
    const meter = host === "storage" ? waiting.shift() : undefined;
    return meter?.through(await next());
  });
  return meters;
}

/** Pushes `library/<name>:1` with a layer of about so many bytes. */
async function pushBlob(name: string, layerBytes: number) {
  const image = await buildImage({ layerBytes, files: { "a.txt": name } });
  stack().hub.push(`library/${name}`, "1", image);
  const { digest, bytes } = largestBlob(image);
  return { digest, bytes, url: `${stack().mirror.origin}/v2/${name}/blobs/${digest}` };
}
