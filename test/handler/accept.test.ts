import { describe, expect, it } from "vitest";
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  imageOf,
  type ManifestContent,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../support/contents.ts";
import { status } from "../support/hub/responses.ts";
import { encode, sha256 } from "../support/image.ts";
import { HANDSHAKE, type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";
const ALL = [DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST].map((one) => one.mediaType);
const SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";

function createStocked(first: ManifestContent, ...others: ManifestContent[]): Mirror {
  const mirror = createMirror();
  mirror.hub.push("library/busybox", "1.36", imageOf(first, ...others));
  return mirror;
}

/** What the upstream was told to be acceptable when it was last asked for the tag. */
function sentAccept(mirror: Mirror): string[] {
  const asked = mirror.hub.requests.filter(({ path }) => path.endsWith("/manifests/1.36"));
  return (asked.at(-1)?.headers.get("accept") ?? "").split(", ").sort();
}

describe("Accept", () => {
  it.each([
    ["nothing", {}],
    ["*/*", { accept: "*/*" }],
    ["application/*", { accept: "application/*" }],
    ["anything after one type", { accept: `${DOCKER_MANIFEST.mediaType}, */*` }],
    ["anything with a low q-value", { accept: "text/html, */*;q=0.1" }],
    ["no type of manifest at all", { accept: "application/json" }],
  ])("[17] requests all four types for a client that accepts %s", async (_, headers) => {
    const mirror = createStocked(OCI_INDEX, OCI_MANIFEST);
    expect((await mirror.get(TAG, headers)).text).toBe(OCI_INDEX.text);
    expect(sentAccept(mirror)).toEqual([...ALL].sort());
  });

  it.each([
    ["one type", OCI_MANIFEST.mediaType, [OCI_MANIFEST]],
    ["one type in capitals", OCI_MANIFEST.mediaType.toUpperCase(), [OCI_MANIFEST]],
    ["q-values above 0", `${OCI_INDEX.mediaType};q=0.1,${OCI_MANIFEST.mediaType};q=1`, "oci"],
    ["a q-value of 0", `${OCI_MANIFEST.mediaType}, ${OCI_INDEX.mediaType}; q=0`, [OCI_MANIFEST]],
    ["a q-value of 0.000", `${OCI_MANIFEST.mediaType}, */*;q=0.000`, [OCI_MANIFEST]],
    ["parameters", `${OCI_MANIFEST.mediaType};charset=utf-8`, [OCI_MANIFEST]],
    ["types of other content", `${OCI_MANIFEST.mediaType}, text/html`, [OCI_MANIFEST]],
  ] as const)("[17] requests the types that a client accepts: %s", async (_, accept, expected) => {
    const mirror = createStocked(OCI_MANIFEST);
    expect((await mirror.get(TAG, { accept })).text).toBe(OCI_MANIFEST.text);
    const manifests = expected === "oci" ? [OCI_INDEX, OCI_MANIFEST] : expected;
    expect(sentAccept(mirror)).toEqual(manifests.map((one) => one.mediaType).sort());
  });

  it.each([
    ["alone", SCHEMA_1, [...ALL, SCHEMA_1]],
    [
      "beside another type",
      `${SCHEMA_1}, ${OCI_MANIFEST.mediaType}`,
      [OCI_MANIFEST.mediaType, SCHEMA_1],
    ],
  ])("[17a] requests schema 1 for a client that accepts it %s", async (_, accept, expected) => {
    const mirror = createStocked(OCI_MANIFEST);
    expect((await mirror.get(TAG, { accept })).text).toBe(OCI_MANIFEST.text);
    expect(sentAccept(mirror)).toEqual([...expected].sort());
  });

  it("[17] treats repeated header lines as one, in any order", async () => {
    const mirror = createStocked(OCI_INDEX, OCI_MANIFEST);
    const lines = (types: string[]) => types.map((type): [string, string] => ["Accept", type]);
    await mirror.get(TAG, lines([OCI_INDEX.mediaType, OCI_MANIFEST.mediaType]));
    expect(sentAccept(mirror)).toEqual([OCI_INDEX.mediaType, OCI_MANIFEST.mediaType]);
    mirror.calls();
    await mirror.get(TAG, lines([OCI_MANIFEST.mediaType, OCI_INDEX.mediaType]));
    await mirror.get(TAG, { accept: `${OCI_MANIFEST.mediaType};q=0.5,${OCI_INDEX.mediaType}` });
    expect(mirror.calls()).toEqual([]);
  });

  it.each([
    ["the OCI artifact manifest", "application/vnd.oci.artifact.manifest.v1+json"],
    ["signed schema 1", SCHEMA_1],
    ["a future type", "application/vnd.oci.image.manifest.v2+json"],
  ])("[17a] also requests a tag as %s if the client accepts it", async (_, type) => {
    const mirror = createStocked(OCI_MANIFEST);
    const accept = `${OCI_MANIFEST.mediaType}, ${type}, text/html`;
    expect((await mirror.get(TAG, { accept })).text).toBe(OCI_MANIFEST.text);
    expect(sentAccept(mirror)).toEqual([OCI_MANIFEST.mediaType, type].sort());
    mirror.calls();
    await mirror.get(TAG, { accept: `${type}, ${OCI_MANIFEST.mediaType}` });
    expect(mirror.calls()).toEqual([]);
    await mirror.get(TAG, { accept: OCI_MANIFEST.mediaType });
    expect(mirror.calls()).toEqual([HEAD_TAG]);
  });

  it("[17a] answers further types as the common ones alone while the upstream fails", async () => {
    const mirror = createStocked(OCI_MANIFEST);
    await mirror.get(TAG, { accept: OCI_MANIFEST.mediaType });
    mirror.hub.intercept(() => status(503));
    const known = await mirror.get(TAG, { accept: `${OCI_MANIFEST.mediaType}, ${SCHEMA_1}` });
    expect([known.text, known.headers.get("warning")?.slice(0, 3)]).toEqual([
      OCI_MANIFEST.text,
      "299",
    ]);
    const other = await mirror.get(TAG, { accept: `${DOCKER_MANIFEST.mediaType}, ${SCHEMA_1}` });
    expect(other.status).toBe(502);
  });

  it("[17a] answers a tag or digest with a manifest of a further type", async () => {
    const mediaType = "application/vnd.oci.artifact.manifest.v1+json";
    const text = JSON.stringify({ mediaType, artifactType: "application/example", blobs: [] });
    const bytes = encode(text);
    const digest = await sha256(bytes);
    const artifact = { mediaType, text, bytes, digest };
    const requests = [
      [TAG, mediaType],
      [`/v2/busybox/manifests/${digest}`, OCI_MANIFEST.mediaType],
    ] as const;
    for (const [path, accept] of requests) {
      const mirror = createStocked(artifact);
      // As ghcr.io, the registry has the manifest only for those that accept its type.
      mirror.hub.intercept(({ path, headers }) => {
        const accepted = headers.get("accept") ?? "";
        const isAccepted = accepted.includes(mediaType) || accepted.includes("*/*");
        return path.includes("/manifests/") && !isAccepted ? status(404) : undefined;
      });
      const answer = await mirror.get(path, { accept });
      expect([answer.status, answer.text]).toEqual([200, text]);
      expect(answer.headers.get("content-type")).toBe(mediaType);
    }
  });

  it.each(["GET", "HEAD"])("[17a] requests a digest as any type, by %s", async (method) => {
    const mirror = createStocked(OCI_MANIFEST);
    const path = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;
    const headers = { accept: DOCKER_MANIFEST.mediaType };
    await (method === "GET" ? mirror.get(path, headers) : mirror.head(path, headers));
    const sent = mirror.hub.requests.at(-1)?.headers.get("accept")?.split(", ").sort();
    expect(sent).toEqual(["*/*", ...ALL].sort());
  });

  it("[17a] [12] lets a client with many made-up types fill neither KV nor a request", async () => {
    const mirror = createStocked(OCI_MANIFEST);
    for (let index = 0; index < 10; index++) {
      const accept = `${OCI_MANIFEST.mediaType}, application/vnd.made.up.${index}+json`;
      expect((await mirror.get(TAG, { accept })).status).toBe(200);
    }
    const tags = (await mirror.kv.keys()).filter((key) => key.includes("1.36"));
    expect(tags).toHaveLength(3);
    const many = Array.from({ length: 200 }, (_, at) => `application/vnd.made.up.${at}+json`);
    expect((await mirror.get(TAG, { accept: many.join() })).status).toBe(200);
    expect(sentAccept(mirror).join(", ").length).toBeLessThan(600);
  });

  it("[17] [13] selects different digests of one tag, with separate cache entries", async () => {
    const mirror = createStocked(DOCKER_LIST, DOCKER_MANIFEST);
    const one = { accept: DOCKER_MANIFEST.mediaType };
    expect((await mirror.get(TAG, one)).text).toBe(DOCKER_MANIFEST.text);
    expect((await mirror.get(TAG)).text).toBe(DOCKER_LIST.text);
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      HEAD_TAG,
      `registry GET /v2/library/busybox/manifests/${DOCKER_MANIFEST.digest}`,
      HEAD_TAG,
      `registry GET /v2/library/busybox/manifests/${DOCKER_LIST.digest}`,
    ]);
    expect((await mirror.get(TAG, one)).text).toBe(DOCKER_MANIFEST.text);
    expect((await mirror.get(TAG)).text).toBe(DOCKER_LIST.text);
    expect(mirror.calls()).toEqual([]);
  });
});
