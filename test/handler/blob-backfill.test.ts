import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/protocol/digest.ts";
import { COUNTED_BLOB, imageOf, imageWithBlob, LAYER, OCI_MANIFEST } from "../support/contents.ts";
import {
  afterFirst,
  breakAfter,
  createGate,
  either,
  once,
  stuckAfter,
  when,
} from "../support/hub/faults.ts";
import { status, withHeaders } from "../support/hub/responses.ts";
import { type Mirror, read } from "../support/mirror/in-process.ts";
import { keysOf, LARGE_PATH, SMALL_PATH, useArchiveMirrors } from "../support/mirror/scenarios.ts";

const createMirror = useArchiveMirrors();
const SIZED = { headers: { "content-length": "1500000" } };

/** As many bytes as the blob has, but others. */
const WRONG = () => new Response(new Uint8Array(1_500_000).fill(1), SIZED);

async function expectSent(mirror: Mirror): Promise<void> {
  const answer = await mirror.get(LARGE_PATH);
  expect(answer.status).toBe(200);
  expect(await digestOf(answer.bytes)).toBe(COUNTED_BLOB.digest);
}

/** The next pull gets the right bytes, and keeps them; the one after that asks nobody. */
async function expectKeptNext(mirror: Mirror): Promise<void> {
  mirror.hub.intercept(null);
  mirror.restart("elsewhere");
  mirror.calls();
  await expectSent(mirror);
  expect(mirror.calls().filter((call) => call.startsWith("storage")).length).toBe(2);
  expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
  await expectSent(mirror);
  expect(mirror.calls()).toEqual([]);
}

async function blobsIn(mirror: Mirror): Promise<string[]> {
  return (await mirror.bucket.keys()).filter((key) => key.startsWith("blobs/"));
}

/** The fields of each failed backfill in the log. */
function backfillFailures({ log }: Mirror) {
  return log.filter(({ event }) => event === "backfill failed").map(({ fields }) => fields);
}

describe("a failed backfill", () => {
  it.each([
    ["is refused", () => status(403)],
    ["finds nothing", () => status(404)],
    ["fails upstream", () => status(500)],
    ["is limited", () => status(429)],
    ["finds no connection", () => "reset" as const],
    ["gets an empty blob", () => new Response(new Uint8Array())],
    ["breaks off", async (next) => breakAfter(await next(), 700_000)],
    ["breaks off at once", async (next) => breakAfter(await next(), 1)],
    ["gets other bytes", WRONG],
    ["gets a byte too few", () => new Response(COUNTED_BLOB.bytes.slice(1))],
    ["gets fewer bytes than were promised", () => new Response(COUNTED_BLOB.bytes.slice(1), SIZED)],
    ["gets a part", () => new Response(COUNTED_BLOB.bytes.slice(0, 9), { status: 206 })],
  ] as const satisfies [string, Parameters<typeof afterFirst>[1]][])(
    "[B1] does not change the client's download: it %s",
    async (_, answer) => {
      const mirror = createMirror();
      mirror.hub.intercept(afterFirst({ host: "storage" }, answer));
      await expectSent(mirror);
      expect(await blobsIn(mirror)).toEqual([]);
      await expectKeptNext(mirror);
    },
  );

  it("[B1] stores nothing if the client's download fails too", async () => {
    const mirror = createMirror();
    mirror.hub.intercept(
      when({ host: "storage" }, async (next) => breakAfter(await next(), 700_000)),
    );
    const response = await mirror.send(LARGE_PATH);
    await expect(response.arrayBuffer()).rejects.toThrow("Network connection lost.");
    await mirror.settle();
    expect(await blobsIn(mirror)).toEqual([]);
    await expectKeptNext(mirror);
  });

  it("[B1] ends at the deadline if there is no first byte", async () => {
    const mirror = createMirror();
    mirror.hub.intercept(afterFirst({ host: "storage" }, () => "hang"));
    const response = await mirror.send(LARGE_PATH);
    expect(await digestOf((await read("GET", response)).bytes)).toBe(COUNTED_BLOB.digest);
    await expect.poll(() => mirror.hub.count({ host: "storage" })).toBe(2);
    mirror.clock.advance(10);
    await mirror.settle();
    expect(await blobsIn(mirror)).toEqual([]);
    await expectKeptNext(mirror);
  });

  it("[B1] is cancelled when the client disconnects", async () => {
    const mirror = createMirror();
    const gate = createGate();
    mirror.hub.intercept(
      afterFirst({ host: "storage" }, async (next) => gate.through(await next())),
    );
    const response = await mirror.send(LARGE_PATH);
    await gate.reached(1);
    await response.body?.cancel();
    gate.open();
    await mirror.settle();
    expect(await blobsIn(mirror)).toEqual([]);
    const reasons = backfillFailures(mirror).map(({ reason }) => reason);
    expect(reasons).toEqual(["Error: the client disconnected"]);
    await expectKeptNext(mirror);
  });

  it("[B1] is cancelled when the client's download breaks off", async () => {
    const mirror = createMirror();
    const gate = createGate();
    mirror.hub.intercept(
      either(
        once({ host: "storage" }, async (next) => breakAfter(await next(), 700_000)),
        when({ host: "storage" }, async (next) => gate.through(await next())),
      ),
    );
    const response = await mirror.send(LARGE_PATH);
    await gate.reached(1);
    await expect(response.arrayBuffer()).rejects.toThrow("Network connection lost.");
    gate.open();
    await mirror.settle();
    expect(await blobsIn(mirror)).toEqual([]);
    expect(backfillFailures(mirror).length).toBe(1);
    await expectKeptNext(mirror);
  });

  it("[B1] [B3] delays nobody if it hangs, and is repeated five minutes after its start", async () => {
    const mirror = createMirror();
    const stuck: { breakOff(): void }[] = [];
    mirror.hub.intercept(
      afterFirst({ host: "storage" }, async (next) => {
        if (stuck.length > 0) return next();
        const { response, breakOff } = stuckAfter(await next(), 1000);
        stuck.push({ breakOff });
        return response;
      }),
    );
    const ask = async () => {
      const answer = await read("GET", await mirror.send(LARGE_PATH));
      expect(await digestOf(answer.bytes)).toBe(COUNTED_BLOB.digest);
    };
    await ask();
    await expect.poll(() => stuck.length).toBe(1);
    mirror.clock.advance(5 * 60);
    await ask();
    expect([mirror.hub.count({ host: "storage" }), await blobsIn(mirror)]).toEqual([3, []]);
    mirror.clock.advance(1);
    await ask();
    await expect.poll(() => blobsIn(mirror)).toEqual([keysOf(COUNTED_BLOB.digest)[0]]);
    expect(mirror.hub.count({ host: "storage" })).toBe(5);
    for (const { breakOff } of stuck) breakOff();
    await mirror.settle();
    expect(await blobsIn(mirror)).toEqual([keysOf(COUNTED_BLOB.digest)[0]]);
  });
});

describe("a backfill", () => {
  it("[B1] [B4] is logged each time it fails", async () => {
    const mirror = createMirror();
    for (let pulls = 0; pulls < 2; pulls++) {
      mirror.hub.intercept(afterFirst({ host: "storage" }, () => status(500)));
      await expectSent(mirror);
    }
    const failure = {
      registry: "docker.io",
      image: `library/busybox@${COUNTED_BLOB.digest}`,
      size: 1_500_000,
      reason: expect.stringContaining("status 500"),
    };
    expect(backfillFailures(mirror)).toEqual([failure, failure]);
  });

  it("[B1] keeps the invocation alive as long as the client reads", async () => {
    const mirror = createMirror();
    const response = await mirror.send(LARGE_PATH);
    let isSettled = false;
    const settling = mirror.settle().then(() => {
      isSettled = true;
    });
    await expect.poll(() => blobsIn(mirror)).toEqual(keysOf(COUNTED_BLOB.digest));
    expect(isSettled).toBe(false);
    expect(await digestOf((await read("GET", response)).bytes)).toBe(COUNTED_BLOB.digest);
    await settling;
  });

  it("[B1] [B4] downloads nothing that is stored already but could not be read", async () => {
    const mirror = createMirror();
    await expectSent(mirror);
    mirror.restart("elsewhere");
    mirror.bucket.make("get", "fail");
    mirror.bucket.reset();
    await expectSent(mirror);
    expect([mirror.hub.count({ host: "storage" }), mirror.bucket.count("put")]).toEqual([3, 0]);
  });
});

describe("many clients of one layer", () => {
  it("[B3] cause one backfill", async () => {
    const mirror = createMirror();
    await mirror.warm("/v2/busybox/tags/list");
    const responses = await Promise.all(Array.from({ length: 10 }, () => mirror.send(LARGE_PATH)));
    const answers = await Promise.all(responses.map((response) => read("GET", response)));
    await mirror.settle();
    for (const { bytes } of answers) expect(await digestOf(bytes)).toBe(COUNTED_BLOB.digest);
    expect(mirror.hub.count({ host: "storage" })).toBe(11);
    expect(mirror.bucket.count("put")).toBe(1);
  });

  it("[B3] of two repositories cause one backfill", async () => {
    const mirror = createMirror();
    mirror.hub.push("grafana/grafana", null, imageWithBlob(COUNTED_BLOB));
    const paths = [LARGE_PATH, LARGE_PATH.replace("busybox", "grafana/grafana")];
    const responses = await Promise.all(paths.map((path) => mirror.send(path)));
    await Promise.all(responses.map((response) => read("GET", response)));
    await mirror.settle();
    expect(mirror.bucket.count("put")).toBe(1);
  });
});

describe("many layers", () => {
  it("[B3] are stored sixteen at a time, the others at the next pull", async () => {
    const mirror = createMirror();
    const digests = await pushBlobs(mirror, 18);
    const ask = (digest: string) => mirror.send(`/v2/busybox/blobs/${digest}`);
    const responses = await Promise.all(digests.map(ask));
    for (const response of responses) expect((await read("GET", response)).status).toBe(200);
    await mirror.settle();
    expect((await blobsIn(mirror)).length).toBe(16);
    for (const digest of digests) await mirror.get(`/v2/busybox/blobs/${digest}`);
    expect((await blobsIn(mirror)).length).toBe(18);
  });

  async function pushBlobs(mirror: Mirror, count: number): Promise<string[]> {
    const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
    for (let index = 0; index < count; index++) {
      // Smaller ones take no download of their own.
      const bytes = new Uint8Array(300_000).fill(index);
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
      blobs.set(`sha256:${hash}`, bytes);
    }
    mirror.hub.push("library/busybox", null, { ...imageOf(OCI_MANIFEST), blobs });
    return [...blobs.keys()];
  }
});

describe("the limit of what is stored", () => {
  it.each([
    [1_500_000, 2],
    [1_499_999, 1],
  ])(
    "[B3] is BLOB_MAX_BYTES: with %i a layer of 1,500,000 bytes is downloaded %i times",
    async (max, times) => {
      const mirror = createMirror({ env: { BLOB_MAX_BYTES: max } });
      await expectSent(mirror);
      expect(mirror.hub.count({ host: "storage" })).toBe(times);
      expect((await blobsIn(mirror)).length).toBe(times - 1);
    },
  );

  it("[B3] applies to the whole layer, not to the requested range", async () => {
    const mirror = createMirror({ env: { BLOB_MAX_BYTES: 1_000_000 } });
    expect((await mirror.get(LARGE_PATH, { range: "bytes=0-999999" })).status).toBe(206);
    expect(mirror.hub.count({ host: "storage" })).toBe(1);
  });

  it("[B3] excludes layers of unknown size", async () => {
    const mirror = createMirror();
    const none = { "content-length": null, "content-range": null };
    mirror.hub.intercept(
      when({ host: "storage" }, async (next) => withHeaders(await next(), none)),
    );
    expect((await mirror.get(SMALL_PATH)).text).toBe(LAYER.text);
    expect((await mirror.get(LARGE_PATH)).headers.get("content-length")).toBeNull();
    expect(await mirror.bucket.keys()).toEqual([]);
  });

  it("[B1] includes layers whose size only a GET of one byte reports", async () => {
    const mirror = createMirror();
    mirror.hub.intercept(
      when({ ...{ host: "storage" }, method: "GET" }, async (next) =>
        withHeaders(await next(), { "content-length": null }),
      ),
    );
    await expectSent(mirror);
    expect(await mirror.bucket.keys()).toEqual(keysOf(COUNTED_BLOB.digest));
  });

  it("[B3] [27] excludes a small layer that breaks off", async () => {
    const mirror = createMirror();
    mirror.hub.intercept(when({ host: "storage" }, async (next) => breakAfter(await next(), 20)));
    const response = await mirror.send(SMALL_PATH);
    await expect(response.arrayBuffer()).rejects.toThrow("Network connection lost.");
    await mirror.settle();
    mirror.hub.intercept(null);
    expect((await mirror.get(SMALL_PATH)).text).toBe(LAYER.text);
    expect(await blobsIn(mirror)).toEqual([keysOf(LAYER.digest)[0]]);
  });

  it("[B1] excludes a layer with wrong bytes, which is passed on and logged", async () => {
    const mirror = createMirror();
    mirror.hub.intercept(when({ host: "storage" }, WRONG));
    expect((await mirror.get(LARGE_PATH)).status).toBe(200);
    expect(await blobsIn(mirror)).toEqual([]);
    expect(backfillFailures(mirror).length).toBe(1);
  });
});
