import { expect, test } from "vitest";
import { describeManifest } from "../../../src/page/script/describe-manifest.ts";
import { alone } from "./alone.ts";

const describe = alone(describeManifest);

test("an index has its platforms, without attestations", () => {
  const manifests = [
    { digest: "sha256:a", platform: { os: "linux", architecture: "amd64" } },
    { digest: "sha256:b", platform: { os: "linux", architecture: "arm", variant: "v7" } },
    {
      digest: "sha256:c",
      platform: { os: "windows", architecture: "amd64", "os.version": "10.0.17763.1" },
    },
    { digest: "sha256:d", platform: { os: "unknown", architecture: "unknown" } },
  ];
  expect(describe({ manifests })).toEqual({
    kind: "index",
    platforms: [
      { platform: "linux/amd64", digest: "sha256:a" },
      { platform: "linux/arm/v7", digest: "sha256:b" },
      { platform: "windows/amd64 10.0.17763.1", digest: "sha256:c" },
    ],
  });
});

test("an image is as large as all that is transferred", () => {
  const config = { digest: "sha256:c", size: 10 };
  expect(describe({ config, layers: [{ size: 1000 }, { size: 2000 }, {}] })).toEqual({
    kind: "image",
    bytes: 3010,
    config: "sha256:c",
  });
  expect(describe({ layers: [] })).toEqual({ kind: "image", bytes: 0, config: null });
});

test("what is neither is not described", () => {
  expect(describe({})).toBeNull();
});
