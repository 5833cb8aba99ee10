import { describe, expect, it } from "vitest";
import { useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();

describe("the log line of a request", () => {
  it("[L1] has at most 1,024 characters of the path, and short texts", async () => {
    const mirror = createMirror();
    const path = `/v2/${"a".repeat(9_000)}/manifests/1`;
    expect((await mirror.get(path)).status).toBe(400);
    const [line] = mirror.log;
    expect(line?.fields.path).toBe(path.slice(0, 1_024));
    expect(JSON.stringify(line).length).toBeLessThan(2_500);
  });

  it.each(["/unknown/", "/v2/_catalog/", "/v2/x/manifests/", "/v2/x/blobs/", "/v2/x/tags/list?n="])(
    "[L1] is short for a long request below %s",
    async (prefix) => {
      const mirror = createMirror();
      await mirror.ask(`${prefix}${"a%0A".repeat(5_000)}?ns=${"b".repeat(5_000)}`);
      expect(JSON.stringify(mirror.log).length).toBeLessThan(3_000);
    },
  );
});
