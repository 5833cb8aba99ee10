import { describe, expect, test } from "vitest";
import { tally } from "../support/hub.ts";
import { buildImage, largestBlob, sha256 } from "../support/image.ts";
import { countKept, untilBlobsKept, untilKept } from "../support/mirror/kept.ts";
import { useStack } from "./use-stack.ts";

const LAYER_BYTES = 8_000_000;
const platforms = ["linux/amd64", "linux/arm64"];
const stack = useStack({ keepsBlobs: true, vars: { TAG_TTL_SECONDS: 0 } });

describe("after a restart", () => {
  test("the mirror still has its token and the challenge", async () => {
    const { hub, persistTo, pull, restart } = stack();
    hub.push("library/token", "1", await buildImage());
    await pull("token:1");
    // The token and the manifest; the challenge, the tag and the manifest.
    await untilKept(persistTo, "kv", 2);
    await untilKept(persistTo, "edge", 3);
    await restart();
    hub.reset();

    await pull("token:1");

    const requests = hub.requests.filter(({ path }) => !path.includes("/blobs/"));
    expect(tally(requests)).toEqual({ "registry HEAD manifest": 1 });
  });

  test("with the upstream gone, KV and bucket alone have the whole image", async () => {
    const { hub, persistTo, pull, restart } = stack();
    const image = await buildImage({ platforms, layers: 2, files: { "a.txt": "whole" } });
    hub.push("library/whole", "1", image);
    const before = await countKept(persistTo, "kv");
    for (const platform of platforms) await pull("whole:1", { platform });
    // The token, the tag, the index and two manifests.
    await untilKept(persistTo, "kv", before + 5);
    await untilBlobsKept(persistTo, image.blobs.keys());
    await restart({ forgetsEdge: true });

    await stack().served.whileGone(async () => {
      for (const platform of platforms) {
        const { digest, steps } = await pull("whole:1", { platform });
        expect(digest).toBe(image.tagDigest);
        expect(steps[0]?.warning).not.toBeNull();
        const others = steps.slice(1);
        expect(others.map(({ cacheStatus }) => cacheStatus)).toEqual(
          others.map(() => "sampan; hit"),
        );
        expect(others.every(({ warning }) => warning === null)).toBe(true);
      }
    });
  });
});

test("a layer that is kept resumes where it was cut", async () => {
  const { hub, mirror, persistTo, pull } = stack();
  const image = await buildImage({ layerBytes: LAYER_BYTES, files: { "a.txt": "resumed" } });
  hub.push("library/resumed", "1", image);
  const { digest, bytes } = largestBlob(image);
  await pull("resumed:1");
  await untilBlobsKept(persistTo, image.blobs.keys());

  await stack().served.whileGone(async () => {
    const range = { range: "bytes=5000000-" };
    const rest = await fetch(`${mirror.origin}/v2/resumed/blobs/${digest}`, { headers: range });

    expect(rest.status).toBe(206);
    expect(rest.headers.get("content-range")).toBe(
      `bytes 5000000-${bytes.length - 1}/${bytes.length}`,
    );
    expect(await sha256(new Uint8Array(await rest.arrayBuffer()))).toBe(
      await sha256(new Uint8Array(bytes.subarray(5_000_000))),
    );
  });
});
