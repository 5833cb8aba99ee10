import { expect, test } from "vitest";
import { buildImage, sha256 } from "./image.ts";

const platforms = ["linux/amd64", "linux/arm64"];

test("an image is what its digests say, and the same each time it is built", async () => {
  const one = await buildImage({ platforms, files: { "a/b.txt": "text" }, layers: 2 });
  const other = await buildImage({ platforms, files: { "a/b.txt": "text" }, layers: 2 });
  for (const [digest, bytes] of one.blobs) expect(await sha256(bytes)).toBe(digest);
  for (const [digest, { bytes }] of one.manifests) expect(await sha256(bytes)).toBe(digest);
  expect(other.tagDigest).toBe(one.tagDigest);
  expect(one.blobs.size).toBe(6);
});
