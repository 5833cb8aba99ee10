import { describe, expect, it } from "vitest";
import { COUNTED_BLOB, imageWithBlob, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import { usePlatformModels } from "../support/platform-model.ts";

/* The rules of the platform, as far as the mirror can notice them. */

const createModel = usePlatformModels();
const TAG = "/v2/busybox/manifests/1.36";

describe("data centres and isolates", () => {
  it("share KV only, and a new isolate has the edge cache of its data centre", async () => {
    const model = createModel();
    const here = model.createDataCentre();
    await here.createIsolate().get(TAG);
    const requests: number[] = [];
    for (const place of [here, model.createDataCentre()]) {
      const { subrequests, headers } = await place.createIsolate().get(TAG);
      expect(headers.get("cache-status")).toBe("sampan; hit");
      requests.push(subrequests.internal);
    }
    expect([requests, model.sent.length]).toEqual([[1, 2], 4]);
  });

  it("disappear with the responses that they are sending", async () => {
    const model = createModel({ bytesPerSecond: 1_000_000 });
    const isolate = model.createDataCentre().createIsolate();
    const response = await isolate.send(model.pushLayer(40_000_000));
    const reading = response.read();
    await model.pass(10);
    isolate.disappear();
    const { size, failure } = await model.run(reading);
    expect(failure).toBe("TypeError: Network connection lost.");
    expect(size).toBeLessThan(40_000_000);
    const starting = isolate.start(TAG);
    await expect(starting).rejects.toThrow("Network connection lost.");
  });
});

describe("KV", () => {
  it("hides a write from another data centre that has read the absence of the key", async () => {
    const model = createModel();
    const [here, there] = [model.createDataCentre(), model.createDataCentre()];
    model.hub.intercept(when({ method: "HEAD" }, () => status(500)));
    expect((await there.createIsolate().get(TAG)).status).toBe(502);
    model.hub.intercept(null);
    await here.createIsolate().get(TAG);
    await model.pass(20);
    const reached = async () => (await there.createIsolate().get(TAG)).headers.get("cache-status");
    there.edge.clear();
    expect(await reached()).toBe("sampan; fwd=miss");
  });

  it("refuses a second write to a key within a second, which is no failure of KV", async () => {
    const model = createModel();
    const places = [model.createDataCentre(), model.createDataCentre()];
    const isolates = places.map(({ createIsolate }) => createIsolate());
    await model.run(
      Promise.all(isolates.map(async (isolate) => (await isolate.start(TAG)).read())),
    );
    await model.settle();
    expect(model.kv.writes.length).toBe(3);
    expect(new Set(model.kv.refusals)).toEqual(new Set(["KV PUT failed: 429 Too Many Requests"]));
    expect(model.log.filter(({ event }) => event === "cache failed")).toEqual([]);
  });

  it("refuses writes over the limit of a day until midnight UTC", async () => {
    const model = createModel({ kvWritesPerDay: 4 });
    const place = model.createDataCentre();
    for (const tag of ["a", "b", "c"]) {
      model.hub.push("library/busybox", tag, {
        ...imageWithBlob(COUNTED_BLOB),
        tagDigest: OCI_MANIFEST.digest,
      });
      expect((await place.createIsolate().get(`/v2/busybox/manifests/${tag}`)).status).toBe(200);
    }
    expect(model.kv.writes.length).toBe(4);
    expect(model.kv.refusals[0]).toBe("KV put() limit exceeded for the day.");
    await model.pass(12 * 60 * 60);
    await place.createIsolate().get("/v2/busybox/manifests/c");
    expect(model.kv.writes.length).toBeGreaterThan(4);
  });
});
