import { describe, expect, it } from "vitest";
import { COUNTED_BLOB, imageWithBlob } from "../support/contents.ts";
import { afterFirst, stuckAfter } from "../support/hub/faults.ts";
import { type PlatformModel, usePlatformModels } from "../support/platform-model.ts";

const createModel = usePlatformModels();
const MB = 1_000_000;
const GIB = 1_073_741_824;
/** The client's connection; the mirror's own download is faster, but takes over 30 seconds too. */
const CLIENT = { bytesPerSecond: 5 * MB };
const FAST = { bytesPerSecond: 20 * MB };

function backfillFailures({ log }: PlatformModel) {
  return log.filter(({ event }) => event === "backfill failed").map(({ fields }) => fields.reason);
}

function storageRequests({ hub }: PlatformModel): number {
  return hub.count({ host: "storage" });
}

describe("a layer whose backfill takes longer than 30 seconds", () => {
  it("[B0] [B1] of 1 GiB, pulled at 5 MB/s, is stored in R2", async () => {
    const model = createModel({ ...FAST, keepsBlobs: true });
    const isolate = model.createDataCentre().createIsolate();
    const path = model.pushLayer(GIB);
    const response = await isolate.send(path);
    const startedAt = model.clock.now();
    expect((await model.run(response.read(CLIENT))).size).toBe(GIB);
    const seconds = Math.floor((model.clock.now() - startedAt) / 1000);
    expect(seconds).toBeGreaterThanOrEqual(214);
    await model.settle();
    expect(model.bucket.keys()).toEqual([`blobs/registry-1.docker.io/${path.split("/").at(-1)}`]);
    expect([storageRequests(model), backfillFailures(model)]).toEqual([2, []]);
  });

  it.each([500 * MB, 512 * MB])(
    "[B0] [B1] of %i bytes, pulled at 5 MB/s, is stored in the edge cache",
    async (size) => {
      const model = createModel(FAST);
      const { edge, createIsolate } = model.createDataCentre();
      const path = model.pushLayer(size);
      const response = await createIsolate().send(path);
      expect((await model.run(response.read(CLIENT))).size).toBe(size);
      await model.settle();
      expect(edge.keys().filter((key) => key.includes("/blobs/")).length).toBe(1);
      const before = model.sent.length;
      const warm = await createIsolate().send(path);
      expect((await model.run(warm.read(CLIENT))).size).toBe(size);
      expect(model.sent.length - before).toBe(0);
    },
  );

  it.each([
    [20, 1],
    [10, 0],
  ])(
    "[B1] goes on for 30 seconds after the client has read all: at %i MB/s, %i layers are stored",
    async (speed, stored) => {
      const model = createModel({ keepsBlobs: true });
      const isolate = model.createDataCentre().createIsolate();
      const response = await isolate.send(model.pushLayer(500 * MB, speed * MB));
      expect((await model.run(response.read())).size).toBe(500 * MB);
      await model.pass(120);
      expect(model.bucket.keys().length).toBe(stored);
    },
  );
});

describe("a client that disconnects", () => {
  it.each([true, false])(
    "[B1] after 1 MB cancels the backfill, and nothing is stored: with R2 %s",
    async (keepsBlobs) => {
      const model = createModel({ ...FAST, keepsBlobs });
      const { edge, createIsolate } = model.createDataCentre();
      const response = await createIsolate().send(model.pushLayer(500 * MB));
      const { size } = await model.run(response.read({ ...CLIENT, disconnectAfter: MB }));
      expect(size).toBe(MB);
      await model.pass(60);
      expect(model.bucket.keys()).toEqual([]);
      expect(edge.keys().filter((key) => key.includes("/blobs/"))).toEqual([]);
      expect(backfillFailures(model)).toEqual(["Error: the client disconnected"]);
    },
  );
});

describe("a dead backfill", () => {
  it("[B1] [B3] blocks others for five minutes from its start", async () => {
    const model = createModel({ keepsBlobs: true });
    model.hub.push("library/busybox", null, imageWithBlob(COUNTED_BLOB));
    const isolate = model.createDataCentre().createIsolate();
    const stuck: { breakOff(): void }[] = [];
    const hang = afterFirst({ host: "storage" }, async (next) => {
      if (stuck.length > 0) return next();
      const { response, breakOff } = stuckAfter(await next(), 1000);
      stuck.push({ breakOff });
      return response;
    });
    model.hub.intercept(hang);
    const pull = () => isolate.get(`/v2/busybox/blobs/${COUNTED_BLOB.digest}`);
    expect((await pull()).size).toBe(1_500_000);
    // The client has read everything, so the invocation has ended, and the cut follows.
    await model.pass(299);
    await pull();
    expect([storageRequests(model), model.bucket.keys()]).toEqual([3, []]);
    await model.pass(2);
    await pull();
    expect(storageRequests(model)).toBe(5);
    expect(model.bucket.keys()).toEqual([`blobs/registry-1.docker.io/${COUNTED_BLOB.digest}`]);
    for (const { breakOff } of stuck) breakOff();
    // Nothing reports the end of an invocation.
    expect(backfillFailures(model)).toEqual([]);
  });
});

describe("a warm pull without R2", () => {
  it("[B2] in the same data centre needs no upstream request, in any isolate", async () => {
    const model = createModel();
    model.hub.push("library/busybox", null, imageWithBlob(COUNTED_BLOB));
    const place = model.createDataCentre();
    const paths = ["manifests/1.36", `blobs/${COUNTED_BLOB.digest}`].map(
      (path) => `/v2/busybox/${path}`,
    );
    const first = place.createIsolate();
    for (const path of paths) expect((await first.get(path)).status).toBe(200);
    const before = model.sent.length;
    for (const isolate of [first, place.createIsolate()]) {
      for (const path of paths) expect((await isolate.get(path)).status).toBe(200);
    }
    const part = await first.get(paths[1] ?? "", { range: "bytes=1000-1999" });
    expect(part.bytes).toEqual(COUNTED_BLOB.bytes.slice(1000, 2000));
    expect((await first.head(paths[1] ?? "")).headers.get("content-length")).toBe("1500000");
    expect(model.sent.length - before).toBe(0);
  });
});
