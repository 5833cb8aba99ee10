import { describe, expect, test } from "vitest";
import { readIndex } from "../../src/protocol/image-index.ts";

const A = `sha256:${"a".repeat(64)}`;
const B = `sha256:${"b".repeat(64)}`;

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function readEntries(...manifests: unknown[]) {
  return readIndex(bytesOf({ schemaVersion: 2, manifests }));
}

test("an index has an image for each platform, in its order", () => {
  expect(
    readEntries(
      { digest: A, platform: { os: "linux", architecture: "amd64" } },
      { digest: B, platform: { architecture: "arm64", variant: "v8", os: "linux" } },
    ),
  ).toEqual([
    { digest: A, platform: "linux/amd64" },
    { digest: B, platform: "linux/arm64/v8" },
  ]);
});

test("an attestation is for no platform", () => {
  const platform = { os: "unknown", architecture: "unknown" };
  expect(readEntries({ digest: A, platform })).toEqual([]);
});

describe("passed over is an entry", () => {
  const platform = { os: "linux", architecture: "amd64" };
  test.each([
    ["without a digest", { platform }],
    ["with a malformed digest", { digest: "sha256:x", platform }],
    ["with a digest that is no text", { digest: 1, platform }],
    ["without a platform", { digest: B }],
    ["with a platform that is null", { digest: B, platform: null }],
    ["with an architecture alone", { digest: B, platform: { architecture: "amd64" } }],
    ["with an os alone", { digest: B, platform: { os: "linux", variant: "v8" } }],
    ["with an os that is no text", { digest: B, platform: { os: 1, architecture: "amd64" } }],
    ["that is null", null],
    ["that is a list", [B]],
    ["that is text", B],
  ])("%s, and the others count", (_, entry) => {
    expect(readEntries(entry, { digest: A, platform })).toEqual([
      { digest: A, platform: "linux/amd64" },
    ]);
  });
});

test.each([
  ["a manifest", bytesOf({ schemaVersion: 2, config: { digest: A }, layers: [{ digest: B }] })],
  ["manifests that are no list", bytesOf({ manifests: { digest: A } })],
  ["an empty index", bytesOf({ manifests: [] })],
  ["a list", bytesOf([{ manifests: [] }])],
  ["null", bytesOf(null)],
  ["no JSON", new TextEncoder().encode("not JSON")],
  ["bytes", new Uint8Array([0, 255, 254])],
  ["nothing", new Uint8Array()],
])("%s has no images", (_, bytes) => {
  expect(readIndex(bytes)).toEqual([]);
});
