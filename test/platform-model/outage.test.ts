import { describe, expect, it } from "vitest";
import { usePlatformModels } from "../support/platform-model.ts";

const createModel = usePlatformModels();
const TAG = "/v2/busybox/manifests/1.36";

describe("a registry and a token service that hang together", () => {
  it.each([
    ["in the same isolate, with a valid token", 61, "same"],
    ["in the same isolate, with an expired token", 400, "same"],
    ["in a new isolate", 400, "new"],
    ["in another data centre", 400, "other"],
  ])(
    "[G5] [36] cost the first request on a known tag one timeout, and every later one at most a second: %s",
    async (_, seconds, where) => {
      const model = createModel({ kvReadMs: 20 });
      const here = model.createDataCentre();
      const first = here.createIsolate();
      await first.get(TAG);
      await model.pass(1);
      expect((await first.get(TAG)).status).toBe(200);
      await model.pass(seconds);
      model.hub.intercept(() => "hang");
      const place = where === "other" ? model.createDataCentre() : here;
      const isolate = where === "same" ? first : place.createIsolate();
      const start = await isolate.get(TAG);
      expect(start.status).toBe(200);
      expect(start.headers.get("warning")).toContain("did not answer within 10 s");
      expect(start.waitedMs).toBeLessThanOrEqual(10_100);
      const waits: number[] = [];
      for (let minutes = 0; minutes < 20; minutes++) {
        for (const method of ["HEAD", "GET"]) {
          const response = await isolate.send(TAG, { method });
          expect(response.status).toBe(200);
          waits.push(response.waitedMs);
          await model.run(response.read());
        }
        await model.pass(minutes % 2 === 0 ? 5 : 60);
      }
      expect(Math.max(...waits)).toBeLessThanOrEqual(1_000);
    },
  );
});
