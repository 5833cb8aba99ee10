import { expect, test } from "vitest";
import { tally } from "../support/hub.ts";
import { buildImage } from "../support/image.ts";
import { untilKept } from "../support/mirror/kept.ts";
import { pull } from "../support/pull.ts";
import { restartable } from "./restartable.ts";

test("after a restart, with the upstream gone, KV alone still knows every manifest", async () => {
  const { persistTo, served, start, forgetEdge } = await restartable();
  const image = await buildImage({ platforms: ["linux/amd64", "linux/arm64"] });
  served.hub.push("library/hello", "1", image);
  const before = await start();
  await pull({ registry: before.origin, image: "hello:1" });
  // The token, the tag, the index and one manifest: written after the answers.
  await untilKept(persistTo, "kv", 4);
  await before.close();
  await forgetEdge();
  await served.goAway();

  const { origin } = await start();

  const amd64 = image.platforms.get("linux/amd64");
  for (const reference of ["1", image.tagDigest, amd64]) {
    const manifest = await fetch(`${origin}/v2/hello/manifests/${reference}`);
    expect(manifest.status).toBe(200);
    expect(manifest.headers.has("warning")).toBe(reference === "1");
    const bytes = new Uint8Array(await manifest.arrayBuffer());
    const digest = reference === "1" ? image.tagDigest : reference;
    expect(bytes).toEqual(image.manifests.get(digest ?? "")?.bytes);
  }
});

test("after a restart a token and a challenge are not asked for again", async () => {
  const { persistTo, served, start } = await restartable();
  served.hub.push("library/hello", "1", await buildImage());
  const before = await start();
  await pull({ registry: before.origin, image: "hello:1" });
  // The token, the tag and the manifest; there the challenge, two blobs, and the last two again.
  await untilKept(persistTo, "kv", 3);
  await untilKept(persistTo, "edge", 5);
  await before.close();
  served.hub.reset();

  const after = await start();
  await pull({ registry: after.origin, image: "hello:1" });

  const asked = served.hub.requests.filter(({ path }) => !path.includes("/blobs/"));
  expect(tally(asked)).toEqual({ "registry HEAD manifest": 1 });
});
