import { expect, test } from "vitest";
import { tally } from "../support/hub.ts";
import { buildImage } from "../support/image.ts";
import { startMirror } from "../support/mirror.ts";
import { pull } from "../support/pull.ts";
import { useStack } from "./use-stack.ts";

const PASSWORD = "d1f0c52a9e7b4836";
const stack = useStack({ vars: { ACCESS_USERS: `site=${PASSWORD}` } });

test("a mirror of another mirror pulls with one of its users, and then asks it for nothing", async () => {
  const { hub, mirror: inner } = stack();
  const platforms = ["linux/amd64", "linux/arm64"];
  const image = await buildImage({ platforms, layers: 2, layerBytes: 1_000_000 });
  hub.push("library/chained", "1", image);
  const outer = await startMirror({
    vars: {
      ...{ UPSTREAM: inner.origin, NAMESPACE: "library", PRIVATE_IMAGES: "public-only-account" },
      ...{ UPSTREAM_USERNAME: "site", UPSTREAM_PASSWORD: PASSWORD },
    },
  });
  try {
    const registry = outer.origin;
    const cold = await pull({ registry, image: "chained:1" });
    expect(cold.digest).toBe(image.tagDigest);
    expect(tally(hub.requests)).toMatchObject({
      "registry HEAD manifest": 1,
      "registry GET manifest": 2,
    });
    // Layers are stored after the pull.
    const misses = async () => {
      const { steps } = await pull({ registry, image: "chained:1" });
      return steps.filter(({ cacheStatus }) => !cacheStatus?.includes("hit"));
    };
    await expect.poll(misses).toEqual([]);
    // The inner mirror ends.
    await inner.close();
    const warm = await pull({ registry, image: "library/chained:1" });
    expect(warm.digest).toBe(image.tagDigest);
  } finally {
    await outer.close();
  }
});
