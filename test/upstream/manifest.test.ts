import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/protocol/digest.ts";
import { type AcceptClass, ALL_TYPES } from "../../src/protocol/media-type.ts";
import type { Name } from "../../src/protocol/name.ts";
import type { Reference, Tag } from "../../src/protocol/reference.ts";
import {
  type FetchedManifest,
  getManifest,
  headManifest,
  openManifest,
} from "../../src/upstream/manifest.ts";
import { type Answer, answer, createUpstream, failureFrom, inTurn } from "./network.ts";

const BODY = '{"schemaVersion":2,"layers":[]}';
const DIGEST = "sha256:6ece6defe7067e1c5455a7720c1189ad30f7f8efe78587bd7c06e64a80fe7770" as Digest;
const OTHER = `sha256:${"a".repeat(64)}` as Digest;
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws";
const GOOD = { "content-type": OCI_MANIFEST, "docker-content-digest": DIGEST };
const byTag: Reference = { kind: "tag", tag: "1" as Tag };
const byDigest: Reference = { kind: "digest", digest: DIGEST };
const FOUR_MIB = 4 * 1024 * 1024;

function question(reference: Reference, accepted = ALL_TYPES) {
  return { name: "library/busybox" as Name, reference, accepted };
}

function head(headers: Readonly<Record<string, string>>, reference = byTag, status = 200) {
  const created = createUpstream(() => answer(status, headers));
  return { ...created, result: headManifest(created.upstream, question(reference)) };
}

function get(respond: Answer, reference = byTag) {
  const created = createUpstream(respond);
  return { ...created, result: getManifest(created.upstream, question(reference)) };
}

/** @returns a manifest that was small enough to be read. */
async function fetched(respond: Answer, reference = byTag): Promise<FetchedManifest> {
  const manifest = await get(respond, reference).result;
  if ("bytes" in manifest) return manifest;
  throw new Error("it was not read");
}

describe("HEAD", () => {
  test("tells digest, media type and size, in one request without a pull", async () => {
    const { result, seen } = head({
      ...GOOD,
      "content-type": `${OCI_MANIFEST}; charset=utf-8`,
      "content-length": "31",
    });
    expect(await result).toEqual({ digest: DIGEST, mediaType: OCI_MANIFEST, size: 31 });
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "HEAD https://registry-1.docker.io/v2/library/busybox/manifests/1",
    ]);
  });

  test("asks for the types of the class alone", async () => {
    const { upstream, seen } = createUpstream(() => answer(404));
    await headManifest(upstream, question(byTag, "om" as AcceptClass)).catch(() => {});
    expect(seen[0]?.headers.get("accept")).toBe(OCI_MANIFEST);
  });

  test("by digest trusts the digest that was asked for", async () => {
    const { result } = head(
      { ...GOOD, "docker-content-digest": OTHER, "content-length": "31" },
      byDigest,
    );
    expect((await result)?.digest).toBe(DIGEST);
  });

  test.each([
    ["digest", { "content-type": OCI_MANIFEST, "content-length": "31" }],
    [
      "digest that is one",
      { ...GOOD, "docker-content-digest": "sha256:x", "content-length": "31" },
    ],
    ["length", GOOD],
    ["length above 0", { ...GOOD, "content-length": "0" }],
    ["length of its own", { ...GOOD, "content-length": "31", "content-encoding": "gzip" }],
    ["type of a manifest", { ...GOOD, "content-type": "application/json", "content-length": "31" }],
  ])("without a %s tells nothing", async (_, headers) => {
    expect(await head(headers as Record<string, string>).result).toBeNull();
  });

  test("that tells of schema 1 where not all types were asked for is asked for all of them", async () => {
    const told = { ...GOOD, "content-length": "31" };
    const madeUp = { ...told, "content-type": SIGNED, "docker-content-digest": OTHER };
    const { upstream, seen } = createUpstream(inTurn(answer(200, madeUp), answer(200, told)));
    const asked = question(byTag, "dl+dm" as AcceptClass);
    expect(await headManifest(upstream, asked)).toMatchObject({
      digest: DIGEST,
      mediaType: OCI_MANIFEST,
    });
    expect(seen.map(({ headers }) => headers.get("accept")?.split(", ").length)).toEqual([2, 4]);
  });

  test("that tells of schema 1 where all types were asked for is the last word", async () => {
    const { result, seen } = head({ ...GOOD, "content-type": SIGNED, "content-length": "31" });
    expect(await result).toMatchObject({ mediaType: SIGNED });
    expect(seen.length).toBe(1);
  });

  test.each([405, 501])("that is answered with %i tells nothing", async (status) => {
    expect(await head({}, byTag, status).result).toBeNull();
  });

  test("of what is not there fails", async () => {
    expect(await failureFrom(head({}, byTag, 404).result)).toMatchObject({
      code: "MANIFEST_UNKNOWN",
    });
  });
});

describe("GET", () => {
  test.each([byTag, byDigest])("gives the exact bytes, verified: %j", async (reference) => {
    const manifest = await fetched(() => answer(200, GOOD, BODY), reference);
    expect(manifest).toMatchObject({
      digest: DIGEST,
      mediaType: OCI_MANIFEST,
      size: 31,
      isVerified: true,
    });
    expect(new TextDecoder().decode(manifest.bytes)).toBe(BODY);
  });

  test.each([
    ["whose bytes are others", { ...GOOD }, `${BODY} `, byTag],
    ["that claims another digest", { ...GOOD, "docker-content-digest": OTHER }, BODY, byTag],
    [
      "of another digest than was asked for",
      GOOD,
      BODY,
      { kind: "digest", digest: OTHER } as const,
    ],
    ["whose bytes are others, by digest", { "content-type": OCI_MANIFEST }, "{}", byDigest],
    ["that is no manifest", { "content-type": "text/html" }, "<html>", byTag],
    ["that is some other JSON", { "content-type": "application/json" }, '{"token":"x"}', byTag],
  ])("of a manifest %s fails", async (_, headers, body, reference) => {
    const { result } = get(() => answer(200, headers, body), reference);
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE", status: 502 });
  });

  test.each([
    ["none", {}],
    ["one that is malformed", { "docker-content-digest": "sha256:x" }],
  ])("hashes where the digest told is %s", async (_, headers) => {
    const manifest = await fetched(() =>
      answer(200, { "content-type": OCI_MANIFEST, ...headers }, BODY),
    );
    expect(manifest.digest).toBe(DIGEST);
  });

  test.each([
    ["what it says itself", '{"mediaType":"application/vnd.x.y+json"}', "application/vnd.x.y+json"],
    ["an index, if it lists manifests", '{"manifests":[]}', OCI_INDEX],
    ["a manifest, if it lists layers", '{"layers":[]}', OCI_MANIFEST],
  ])("takes what is called JSON for %s", async (_, body, mediaType) => {
    const { result } = get(() => answer(200, { "content-type": "application/json" }, body));
    expect((await result).mediaType).toBe(mediaType);
  });

  test("passes on a signed manifest whose digest is not that of its bytes, unverified", async () => {
    const headers = { "content-type": SIGNED, "docker-content-digest": OTHER };
    const { result } = get(() => answer(200, headers, BODY));
    expect(await result).toMatchObject({ digest: OTHER, mediaType: SIGNED, isVerified: false });
  });

  test("follows a redirect, and takes no digest of another for its own", async () => {
    const moved = answer(307, { location: "https://cdn.example/x" });
    const { result } = get(inTurn(moved, answer(200, GOOD, `${BODY}x`)));
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE" });
  });

  test("of more than 4 MiB, as told, is open, and costs one request", async () => {
    const told = { ...GOOD, "content-length": String(FOUR_MIB + 1) };
    const { result, seen } = get(() => answer(200, told, "x"));
    const manifest = await result;
    expect(manifest).toMatchObject({ mediaType: OCI_MANIFEST, size: FOUR_MIB + 1 });
    expect(manifest).not.toHaveProperty("bytes");
    expect(seen.length).toBe(1);
  });

  test("of more than 4 MiB that was not told is opened anew", async () => {
    const large = "x".repeat(FOUR_MIB + 1);
    const { result, seen } = get(() => answer(200, GOOD, large));
    const manifest = await result;
    expect(manifest).toMatchObject({ mediaType: OCI_MANIFEST, size: null });
    expect(manifest).not.toHaveProperty("bytes");
    expect(seen.length).toBe(2);
  });

  test("of more than 4 MiB that is no manifest fails, as a small one does", async () => {
    const headers = { "content-type": "text/html", "content-length": String(FOUR_MIB + 1) };
    const { result } = get(() => answer(200, headers, "x"));
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE", status: 502 });
  });

  test("fails where the body is shorter than it said", async () => {
    const { result } = get(() => answer(200, { ...GOOD, "content-length": "32" }, BODY));
    expect(await failureFrom(result)).toMatchObject({ code: "UNAVAILABLE", isPassing: true });
  });

  test("fails by what the registry means", async () => {
    const error = await failureFrom(get(() => answer(404)).result);
    expect(error).toMatchObject({ code: "MANIFEST_UNKNOWN" });
    expect(error.message).toBe("library/busybox:1 is not known to the upstream");
  });
});

test("a large manifest is opened with its body unread", async () => {
  const { upstream } = createUpstream(() => answer(200, { ...GOOD, "content-length": "31" }, BODY));
  const { mediaType, size, body } = await openManifest(upstream, question(byDigest));
  expect([mediaType, size]).toEqual([OCI_MANIFEST, 31]);
  expect(await new Response(body).text()).toBe(BODY);
});
