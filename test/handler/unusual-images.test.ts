import { describe, expect, it } from "vitest";
import {
  CONFIG,
  imageOf,
  LAYER,
  type ManifestContent,
  OCI_INDEX,
  OCI_MANIFEST,
  ROUTES,
} from "../support/contents.ts";
import { encode, type Image, oci } from "../support/image.ts";
import { useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();

function contentOf(digest: string, mediaType: string, value: object): ManifestContent {
  const text = JSON.stringify(value);
  return { digest, mediaType, text, bytes: encode(text) };
}

/** An index whose only entry is another index. */
const OUTER_INDEX = contentOf(
  "sha256:c69b5186d74e28be6aef48c04aa9327cff044a251ac2083c1eeece0ecb09d2b6",
  oci.index,
  {
    schemaVersion: 2,
    mediaType: oci.index,
    manifests: [{ mediaType: oci.index, digest: OCI_INDEX.digest, size: 289 }],
  },
);

// The image of `OCI_MANIFEST` with sha512 digests, and a document that refers to it.
const LAYER_512 =
  "sha512:af5e29b57a585e8287d34ab3f583ea294ba1a93e43776a753e3c66a59f510311718fdc63e943aa799236fe84e8254903434de2035c976475b7e591c68057e270";
const CONFIG_512 =
  "sha512:dc41c41a39a22b938074fe95d2ca002424c1ba253708b957e3de85512c09b07a5eeeb4393be2d1401bf4d65781c58242ff139e3b19b1ce1f684f3e5b2ff9eecb";
const MANIFEST_512 = contentOf(
  "sha512:4d69c1882ef48303b2e9a8682f4614be33c05d064574b29769097647796b0b7cafcc6d78696fb3564b8139139e16d33ccd02e95a8186a677a1e4a9e5266a53e2",
  oci.manifest,
  {
    schemaVersion: 2,
    mediaType: oci.manifest,
    config: { mediaType: oci.config, digest: CONFIG_512, size: 37 },
    layers: [{ mediaType: oci.layer, digest: LAYER_512, size: 29 }],
  },
);
const REFERRER_512 = contentOf(
  "sha512:95272b3b66991ac2093f2a531b290a1ac182663cfca1892055af49a83670d6d9f2016cc28ffb3ac118734065143935899e5a4aa2929037f1951439fc190a8233",
  oci.manifest,
  {
    schemaVersion: 2,
    mediaType: oci.manifest,
    artifactType: "application/vnd.example.sbom",
    config: { mediaType: oci.config, digest: CONFIG_512, size: 37 },
    layers: [],
    subject: { mediaType: oci.manifest, digest: MANIFEST_512.digest, size: 527 },
  },
);
const IMAGE_512: Image = {
  ...imageOf(MANIFEST_512, REFERRER_512),
  blobs: new Map([
    [LAYER_512, LAYER.bytes],
    [CONFIG_512, CONFIG.bytes],
  ]),
};

describe("an index in an index", () => {
  it("[12] [13] [15] is answered level by level, and later from KV", async () => {
    const mirror = createMirror();
    const image = imageOf(OUTER_INDEX, OCI_INDEX, OCI_MANIFEST);
    mirror.hub.push("library/busybox", "1.36", image);
    for (const where of ["here", "elsewhere"] as const) {
      const tag = await mirror.get("/v2/busybox/manifests/1.36");
      expect(tag.text).toBe(OUTER_INDEX.text);
      for (const { digest, text, mediaType } of [OUTER_INDEX, OCI_INDEX, OCI_MANIFEST]) {
        const answer = await mirror.get(`/v2/busybox/manifests/${digest}`);
        expect(answer.text).toBe(text);
        expect(answer.headers.get("content-type")).toBe(mediaType);
      }
      mirror.restart(where);
    }
    expect(mirror.hub.pulls()).toBe(3);
  });
});

describe("digests of sha512", () => {
  const MANIFEST = `/v2/busybox/manifests/${MANIFEST_512.digest}`;

  it("[13] [21] [42] name manifests, blobs and referrers", async () => {
    const mirror = createMirror({ keepsBlobs: true });
    mirror.hub.push("library/busybox", "1.36", IMAGE_512);
    for (const path of ["/v2/busybox/manifests/1.36", MANIFEST]) {
      for (const answer of [await mirror.head(path), await mirror.get(path)]) {
        expect(answer.headers.get("docker-content-digest")).toBe(MANIFEST_512.digest);
        expect(answer.headers.get("content-length")).toBe("527");
      }
      expect((await mirror.get(path)).text).toBe(MANIFEST_512.text);
    }
    const blob = await mirror.get(`/v2/busybox/blobs/${LAYER_512}`);
    expect([blob.text, blob.headers.get("docker-content-digest")]).toEqual([LAYER.text, LAYER_512]);
    const referrers = await mirror.get(`/v2/busybox/referrers/${MANIFEST_512.digest}`);
    expect(JSON.parse(referrers.text).manifests).toMatchObject([{ digest: REFERRER_512.digest }]);
  });

  it("[B2] [15] are answered from KV and R2 in another isolate", async () => {
    const mirror = createMirror({ keepsBlobs: true });
    mirror.hub.push("library/busybox", "1.36", IMAGE_512);
    await mirror.get(MANIFEST);
    await mirror.get(`/v2/busybox/blobs/${LAYER_512}`);
    mirror.calls();
    mirror.restart("elsewhere");
    expect((await mirror.get(MANIFEST)).text).toBe(MANIFEST_512.text);
    expect((await mirror.get(`/v2/busybox/blobs/${LAYER_512}`)).text).toBe(LAYER.text);
    expect(mirror.calls()).toEqual([]);
  });

  it("[18] [21] do not name other bytes", async () => {
    const mirror = createMirror({ keepsBlobs: true });
    const wrong = { ...OCI_MANIFEST, digest: MANIFEST_512.digest };
    const image = { ...imageOf(wrong), blobs: new Map([[LAYER_512, CONFIG.bytes]]) };
    mirror.hub.push("library/busybox", "1.36", image);
    expect((await mirror.get(MANIFEST)).status).toBe(502);
    await mirror.get(`/v2/busybox/blobs/${LAYER_512}`);
    expect(await mirror.stored()).not.toContain(CONFIG.text);
    expect(await mirror.bucket.keys()).toEqual([]);
  });
});

describe("a long name", () => {
  it.each([
    [179, `owner/${"a".repeat(173)}`],
    [255, `owner/${"b".repeat(249)}`],
    [255, Array(128).fill("c").join("/")],
  ])("[4] [12] of %i characters is pulled, and answered from KV", async (length, name) => {
    expect(name).toHaveLength(length);
    const mirror = createMirror();
    mirror.hub.push(name, "1", imageOf(OCI_MANIFEST));
    for (const route of ROUTES) {
      expect((await mirror.get(`/v2/${name}/${route}`)).status, route).toBe(200);
    }
    mirror.calls();
    mirror.restart("elsewhere");
    expect((await mirror.get(`/v2/${name}/manifests/1`)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([]);
    expect(mirror.log.filter(({ event }) => event === "cache failed")).toEqual([]);
  });
});
