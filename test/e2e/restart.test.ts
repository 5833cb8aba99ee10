import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildImage } from "../support/image.ts";
import { untilKept } from "../support/mirror/kept.ts";
import { type Mirror, startMirror } from "../support/mirror.ts";
import { pull } from "../support/pull.ts";
import { serveHub } from "../support/serve.ts";
import { tally } from "../support/tally.ts";

/** Where miniflare keeps the edge cache, beside KV. */
const EDGE_CACHE = "v3/cache";

async function setUp() {
  const persistTo = await mkdtemp(join(tmpdir(), "sampan-restart-"));
  const served = await serveHub();
  const mirrors: Mirror[] = [];
  onTestFinished(async () => {
    await Promise.all(mirrors.map((mirror) => mirror.close()));
    await served.close();
    await rm(persistTo, { recursive: true, force: true, maxRetries: 3 });
    expect(served.hub.leaks).toEqual([]);
  });
  const start = async () => {
    const vars = { UPSTREAM: served.origins.registry, NAMESPACE: "library", TAG_TTL_SECONDS: 0 };
    const mirror = await startMirror({ vars, persistTo });
    mirrors.push(mirror);
    return mirror;
  };
  return { persistTo, served, start };
}

test("after a restart, with the upstream gone, KV alone still knows every manifest", async () => {
  const { persistTo, served, start } = await setUp();
  const image = await buildImage({ platforms: ["linux/amd64", "linux/arm64"] });
  served.hub.push("library/hello", "1", image);
  const before = await start();
  await pull({ registry: before.origin, image: "hello:1" });
  // The challenge, the token, the tag, the index and one manifest: written after the answers.
  await untilKept(persistTo, "kv", 5);
  await before.close();
  await rm(join(persistTo, EDGE_CACHE), { recursive: true });
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
  const { persistTo, served, start } = await setUp();
  served.hub.push("library/hello", "1", await buildImage());
  const before = await start();
  await pull({ registry: before.origin, image: "hello:1" });
  await untilKept(persistTo, "kv", 4);
  await before.close();
  served.hub.reset();

  const after = await start();
  await pull({ registry: after.origin, image: "hello:1" });

  const asked = served.hub.requests.filter(({ path }) => !path.includes("/blobs/"));
  expect(tally(asked)).toEqual({ "registry HEAD manifest": 1 });
});
