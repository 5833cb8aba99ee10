import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_INDEX, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { type OtherRegistry, REGION } from "../support/hub/registries.ts";
import {
  authorizations,
  BLOB,
  BY_DIGEST,
  SIGNED_LAYER,
  TAG,
  TOKENS,
  useOtherRegistries,
} from "../support/mirror/scenarios.ts";

const createMirror = useOtherRegistries();
const DOCKER_TYPES =
  "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";
const THERE = "/v2/k8s-artifacts-prod/images/owner/app";

describe("a pull of a tag and a layer", () => {
  it("[29] [21] at mcr.microsoft.com takes no token", async () => {
    const mirror = createMirror("mcr.microsoft.com");
    await mirror.get(BY_DIGEST);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(mirror.fetches()).toEqual([
      "mcr.microsoft.com GET /v2/",
      `mcr.microsoft.com GET ${BY_DIGEST}`,
      `mcr.microsoft.com GET ${BLOB}`,
      `eastus.data.mcr.microsoft.com ${SIGNED_LAYER}`,
    ]);
    expect(authorizations(mirror)).toEqual([null, null, null, null]);
  });

  it("[21] [G6] at registry.k8s.io follows the redirects to a region", async () => {
    const mirror = createMirror("registry.k8s.io");
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(mirror.fetches()).toEqual([
      "registry.k8s.io GET /v2/",
      `registry.k8s.io HEAD ${TAG}`,
      `${REGION} HEAD ${THERE}/manifests/1`,
      `registry.k8s.io GET ${BY_DIGEST}`,
      `${REGION} GET ${THERE}/manifests/${OCI_MANIFEST.digest}`,
      `registry.k8s.io GET ${BLOB}`,
      `prod-registry-k8s-io-us-west-1.s3.dualstack.us-west-1.amazonaws.com ${SIGNED_LAYER}`,
    ]);
  });

  it("[33] [29] at lscr.io uses the token service of ghcr.io and follows the redirects to it", async () => {
    const mirror = createMirror("lscr.io");
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(mirror.fetches()).toEqual([
      "lscr.io GET /v2/",
      TOKENS["ghcr.io"],
      `lscr.io HEAD ${TAG}`,
      `ghcr.io HEAD ${TAG}`,
      TOKENS["ghcr.io"],
      `ghcr.io HEAD ${TAG}`,
      `lscr.io GET ${BY_DIGEST}`,
      `ghcr.io GET ${BY_DIGEST}`,
      `lscr.io GET ${BLOB}`,
      `ghcr.io GET ${BLOB}`,
      `pkg-containers.githubusercontent.com ${SIGNED_LAYER}`,
    ]);
  });
});

describe("a registry without an image", () => {
  it.each(["gcr.io", "europe-west3-docker.pkg.dev"] as const)(
    "[31] at %s denies it: 403",
    async (name) => {
      const mirror = createMirror(name);
      const answer = await mirror.get("/v2/owner/none/manifests/1");
      expect([answer.status, answer.error?.code]).toEqual([403, "DENIED"]);
      expect(mirror.fetches()).toHaveLength(3);
    },
  );

  it.each<[OtherRegistry, string, string]>([
    ["mcr.microsoft.com", "owner/none/manifests/2", "MANIFEST_UNKNOWN"],
    ["mcr.microsoft.com", "owner/none/tags/list", "NAME_UNKNOWN"],
    ["registry.k8s.io", "owner/app/manifests/2", "MANIFEST_UNKNOWN"],
  ])("[20] [41] %s answers %s with a 404 of its own form: %s", async (name, path, code) => {
    const answer = await createMirror(name).get(`/v2/${path}`);
    expect([answer.status, answer.error?.code]).toEqual([404, code]);
    expect(answer.text).not.toContain("BlobNotFound");
  });
});

describe("manifests", () => {
  it("[14] [13] of mcr.microsoft.com, whose HEAD has no digest, take one GET; the charset is removed", async () => {
    const mirror = createMirror("mcr.microsoft.com");
    const answer = await mirror.head(TAG);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": OCI_MANIFEST.mediaType,
      "content-length": "399",
      "docker-content-digest": OCI_MANIFEST.digest,
    });
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.fetches()).toEqual([
      "mcr.microsoft.com GET /v2/",
      `mcr.microsoft.com HEAD ${TAG}`,
      `mcr.microsoft.com GET ${TAG}`,
    ]);
  });

  it("[17] [20] of ghcr.io are 404 for a client that does not accept their type, for that type alone", async () => {
    const mirror = createMirror("ghcr.io", {}, { image: OCI_INDEX });
    const answer = await mirror.get(TAG, { accept: DOCKER_TYPES });
    expect([answer.status, answer.error?.code]).toEqual([404, "MANIFEST_UNKNOWN"]);
    mirror.fetches();
    expect((await mirror.get(TAG, { accept: DOCKER_TYPES })).status).toBe(404);
    expect(mirror.fetches()).toEqual([]);
    expect((await mirror.get(TAG)).text).toBe(OCI_INDEX.text);
    expect((await mirror.get(TAG, { accept: `${DOCKER_TYPES}, */*` })).text).toBe(OCI_INDEX.text);
  });

  it("[17] of quay.io in schema 1, made for a client of Docker's types, are replaced by the image's own", async () => {
    const mirror = createMirror("quay.io", {}, { image: OCI_INDEX });
    const answer = await mirror.get(TAG, { accept: DOCKER_TYPES });
    expect(answer.text).toBe(OCI_INDEX.text);
    expect(answer.headers.get("content-type")).toBe(OCI_INDEX.mediaType);
    expect(answer.headers.get("docker-content-digest")).toBe(OCI_INDEX.digest);
    expect(mirror.fetches().slice(2)).toEqual([
      `quay.io HEAD ${TAG}`,
      `quay.io HEAD ${TAG}`,
      `quay.io GET /v2/owner/app/manifests/${OCI_INDEX.digest}`,
    ]);
    expect((await mirror.get(TAG, { accept: DOCKER_TYPES })).text).toBe(OCI_INDEX.text);
    expect(mirror.fetches()).toEqual([]);
  });
});

describe("layers", () => {
  it("[26] [29] [B5] of public.ecr.aws, which refuses HEAD with 401, are measured by a GET of one byte", async () => {
    const mirror = createMirror("public.ecr.aws");
    await mirror.get(TAG);
    mirror.fetches();
    const answer = await mirror.head(BLOB);
    expect([answer.status, answer.headers.get("content-length")]).toEqual([200, "29"]);
    const stored = `d5l0dvt14r5h8.cloudfront.net ${SIGNED_LAYER}`;
    expect(mirror.fetches()).toEqual([
      `public.ecr.aws HEAD ${BLOB}`,
      `public.ecr.aws GET ${BLOB}`,
      stored,
    ]);
    expect(new Headers(mirror.sent.at(-1)?.init.headers).get("range")).toBe("bytes=0-0");
    expect((await mirror.head(BLOB)).headers.get("content-length")).toBe("29");
    expect(mirror.fetches()).toEqual([stored]);
    // Another isolate does not know the signed URL; the token is in KV.
    mirror.restart();
    mirror.hub.revokeTokens();
    expect((await mirror.head(BLOB)).headers.get("content-length")).toBe("29");
    expect(mirror.fetches()).toEqual([
      `public.ecr.aws HEAD ${BLOB}`,
      `public.ecr.aws GET ${BLOB}`,
      TOKENS["public.ecr.aws"],
      `public.ecr.aws GET ${BLOB}`,
      stored,
    ]);
  });

  it("[24] in several ranges are the whole, or 400, as the storage answers", async () => {
    const ranges = { range: "bytes=0-1,4-5" };
    const whole = await createMirror("public.ecr.aws").get(BLOB, ranges);
    expect([whole.status, whole.text]).toEqual([200, LAYER.text]);
    const mirror = createMirror("gcr.io");
    await mirror.get(TAG);
    mirror.fetches();
    const answer = await mirror.get(BLOB, ranges);
    expect([answer.status, answer.error?.code]).toEqual([400, "RANGE_INVALID"]);
    expect((await mirror.get(BLOB, { range: "bytes=4-5" })).text).toBe("on");
    expect(mirror.fetches()).toHaveLength(4);
  });

  it("[22] [27] of nvcr.io in parts without a length have the length of their range", async () => {
    const mirror = createMirror("nvcr.io");
    const answer = await mirror.get(BLOB, { range: "bytes=4-7" });
    expect([answer.status, answer.text]).toEqual([206, "only"]);
    expect(answer.headers.get("content-length")).toBe("4");
    expect(answer.headers.get("content-range")).toBe("bytes 4-7/29");
    const short = new Blob(["on"]).stream().pipeThrough(new TransformStream());
    const headers = { "content-range": "bytes 4-7/29" };
    mirror.hub.intercept(
      when({ host: "storage" }, () => new Response(short, { status: 206, headers })),
    );
    mirror.restart("elsewhere");
    const response = await mirror.send(BLOB, { headers: { range: "bytes=4-7" } });
    expect(response.headers.get("content-length")).toBe("4");
    await expect(response.arrayBuffer()).rejects.toThrow();
  });
});

describe("lists of tags", () => {
  it("[38] of quay.io keep its own cursor", async () => {
    const mirror = createMirror("quay.io");
    const first = await mirror.get("/v2/owner/app/tags/list?n=1");
    const next = "/v2/owner/app/tags/list?next_page=gAAA-_%3D&n=1";
    expect(first.headers.get("link")).toBe(`<${next}>; rel="next"`);
    const second = await mirror.get(next);
    expect(second.text).toBe('{"name":"owner/app","tags":["1"]}');
    expect(second.headers.get("link")).toBeNull();
    expect(mirror.fetches().slice(2)).toEqual([
      "quay.io GET /v2/owner/app/tags/list?n=1",
      "quay.io GET /v2/owner/app/tags/list?next_page=gAAA-_=&n=1",
    ]);
  });

  it("[38] of registry.k8s.io, whose redirect drops the query, have it again at the region", async () => {
    const mirror = createMirror("registry.k8s.io");
    mirror.hubs[1]?.push("k8s-artifacts-prod/images/owner/app", "2", imageOf(OCI_MANIFEST));
    const first = await mirror.get("/v2/owner/app/tags/list?n=1");
    const next = "/v2/owner/app/tags/list?last=1&n=1";
    expect(first.headers.get("link")).toBe(`<${next}>; rel="next"`);
    expect((await mirror.get(next)).headers.get("link")).toBeNull();
    expect(mirror.fetches().slice(1)).toEqual([
      "registry.k8s.io GET /v2/owner/app/tags/list?n=1",
      `${REGION} GET ${THERE}/tags/list?n=1`,
      `registry.k8s.io GET ${next}`,
      `${REGION} GET ${THERE}/tags/list?last=1&n=1`,
    ]);
  });
});
