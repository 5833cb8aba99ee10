import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/protocol/digest.ts";
import { type AcceptClass, ALL_TYPES } from "../../src/protocol/media-type.ts";
import type { Reference, Tag } from "../../src/protocol/reference.ts";
import { getManifest, headManifest, MAX_MANIFEST_BYTES } from "../../src/upstream/manifest.ts";
import {
  answer,
  createUpstream,
  endless,
  errorOf,
  inOrder,
  linesOf,
  NAME,
  DIGEST as OTHER,
  type Respond,
  redirect,
} from "./network.ts";

const BODY = '{"schemaVersion":2,"layers":[]}';
const DIGEST = "sha256:6ece6defe7067e1c5455a7720c1189ad30f7f8efe78587bd7c06e64a80fe7770" as Digest;
const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
const SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws";
const GOOD = { "content-type": OCI_MANIFEST, "docker-content-digest": DIGEST };
const DESCRIBED = { ...GOOD, "content-length": "31" };
const byTag: Reference = { kind: "tag", tag: "1" as Tag };
const byDigest: Reference = { kind: "digest", digest: DIGEST };
const FOUR_MIB = 4 * 1024 * 1024;

function head(respond: Respond, reference = byTag, accepted = ALL_TYPES) {
  const created = createUpstream(respond);
  const result = headManifest(created.upstream, { name: NAME, reference, accepted });
  return { ...created, result };
}

function get(respond: Respond, reference = byTag) {
  const created = createUpstream(respond);
  const request = { name: NAME, reference, accepted: ALL_TYPES };
  return { ...created, result: getManifest(created.upstream, request) };
}

describe("HEAD of a manifest", () => {
  test("reports digest, media type and size, in one request", async () => {
    const headers = { ...DESCRIBED, "content-type": `${OCI_MANIFEST}; charset=utf-8` };
    const { result, requests } = head(() => answer(200, headers));
    expect(await result).toEqual({ digest: DIGEST, mediaType: OCI_MANIFEST, size: 31 });
    expect(linesOf(requests)).toEqual([
      "HEAD https://registry-1.docker.io/v2/library/busybox/manifests/1",
    ]);
  });

  test("accepts the types of the client's class only", async () => {
    const { result, requests } = head(() => answer(404), byTag, "om" as AcceptClass);
    await errorOf(result);
    expect(requests[0]?.headers.get("accept")).toBe(OCI_MANIFEST);
  });

  test("by digest reports the requested digest, not the one of the response", async () => {
    const headers = { ...DESCRIBED, "docker-content-digest": OTHER };
    expect((await head(() => answer(200, headers), byDigest).result)?.digest).toBe(DIGEST);
  });

  test.each([
    ["no digest", { "content-type": OCI_MANIFEST, "content-length": "31" }],
    ["a malformed digest", { ...DESCRIBED, "docker-content-digest": "sha256:x" }],
    ["no length", GOOD],
    ["the length 0", { ...DESCRIBED, "content-length": "0" }],
    ["the length of an encoding", { ...DESCRIBED, "content-encoding": "gzip" }],
    ["another media type", { ...DESCRIBED, "content-type": "application/json" }],
  ])("is not enough if it has %s", async (_, headers) => {
    expect(await head(() => answer(200, headers as Record<string, string>)).result).toBeNull();
  });

  test.each([405, 501])("is not enough if it is answered with %i", async (status) => {
    expect(await head(() => answer(status)).result).toBeNull();
  });

  test("is repeated for all types if a registry converts to schema 1", async () => {
    const converted = { ...DESCRIBED, "content-type": SIGNED, "docker-content-digest": OTHER };
    const respond = inOrder(answer(200, converted), answer(200, DESCRIBED));
    const { result, requests } = head(respond, byTag, "dl+dm" as AcceptClass);
    expect(await result).toMatchObject({ digest: DIGEST, mediaType: OCI_MANIFEST });
    expect(requests.map(({ headers }) => headers.get("accept")?.split(", ").length)).toEqual([
      2, 4,
    ]);
  });

  test("reports schema 1 if all types were accepted", async () => {
    const { result, requests } = head(() => answer(200, { ...DESCRIBED, "content-type": SIGNED }));
    expect(await result).toMatchObject({ mediaType: SIGNED });
    expect(requests.length).toBe(1);
  });

  test.each([
    [404, "MANIFEST_UNKNOWN"],
    [429, "TOOMANYREQUESTS"],
    [500, "UNAVAILABLE"],
  ])("with status %i fails as %s", async (status, code) => {
    expect((await errorOf(head(() => answer(status)).result)).code).toBe(code);
  });
});

describe("GET of a manifest", () => {
  test.each([byTag, byDigest])("returns the exact bytes, verified: %j", async (reference) => {
    const { bytes, ...rest } = await get(() => answer(200, GOOD, BODY), reference).result;
    expect(rest).toEqual({ digest: DIGEST, mediaType: OCI_MANIFEST, size: 31, isVerified: true });
    expect(new TextDecoder().decode(bytes)).toBe(BODY);
  });

  test.each([
    ["with other bytes", GOOD, `${BODY} `, byTag],
    ["with another digest", { ...GOOD, "docker-content-digest": OTHER }, BODY, byTag],
    ["of another digest than requested", GOOD, BODY, { kind: "digest", digest: OTHER } as const],
    ["with other bytes, by digest", { "content-type": OCI_MANIFEST }, "{}", byDigest],
  ])("discards a response %s", async (_, headers, body, reference) => {
    const error = await errorOf(get(() => answer(200, headers, body), reference).result);
    expect(error).toMatchObject({ code: "UNAVAILABLE", status: 502 });
    expect(error.message).toContain("does not match its digest and was discarded");
  });

  test.each([
    [{ "content-type": "text/html" }, "<html>"],
    [{ "content-type": "application/json" }, '{"token":"x"}'],
  ])("discards %j, which is not a manifest", async (headers, body) => {
    const error = await errorOf(get(() => answer(200, headers, body)).result);
    expect(error.message).toBe(
      "library/busybox:1: the response of registry-1.docker.io is not a manifest and was discarded; try again",
    );
  });

  test("discards other bytes from a storage, and names only its host", async () => {
    const moved = redirect("https://cdn.example/x?sig=secret");
    const { message } = await errorOf(get(inOrder(moved, answer(200, GOOD, `${BODY}x`))).result);
    expect(message).toContain("the response of cdn.example does not match its digest");
    expect(message).not.toContain("secret");
  });

  test.each([{}, { "docker-content-digest": "sha256:x" }])(
    "computes the digest if the headers are %j",
    async (headers) => {
      const respond = () => answer(200, { "content-type": OCI_MANIFEST, ...headers }, BODY);
      expect((await get(respond).result).digest).toBe(DIGEST);
    },
  );

  test.each([
    ['{"mediaType":"application/vnd.x.y+json"}', "application/vnd.x.y+json"],
    ['{"manifests":[]}', OCI_INDEX],
    ['{"layers":[]}', OCI_MANIFEST],
  ])("reads the media type of %s from its content", async (body, mediaType) => {
    const { result } = get(() => answer(200, { "content-type": "application/json" }, body));
    expect((await result).mediaType).toBe(mediaType);
  });

  test("returns a signed manifest of schema 1 unverified", async () => {
    const headers = { "content-type": SIGNED, "docker-content-digest": OTHER };
    const { result } = get(() => answer(200, headers, BODY));
    expect(await result).toMatchObject({ digest: OTHER, mediaType: SIGNED, isVerified: false });
  });

  test("returns a manifest of exactly 4 MiB", async () => {
    const body = `{"layers":[]}${" ".repeat(FOUR_MIB - 13)}`;
    const headers = { "content-type": OCI_MANIFEST };
    expect((await get(() => answer(200, headers, body)).result).size).toBe(MAX_MANIFEST_BYTES);
  });

  test("refuses a larger one by its Content-Length, unread, or after 4 MiB", async () => {
    const { state, response } = endless(200, { ...GOOD, "content-length": String(FOUR_MIB + 1) });
    const large = () => answer(200, GOOD, "x".repeat(FOUR_MIB + 1));
    for (const respond of [() => response, large]) {
      const { result, requests } = get(respond);
      expect(await errorOf(result)).toMatchObject({
        code: "UNAVAILABLE",
        status: 502,
        isTransient: false,
        message: "library/busybox:1: the manifest is larger than 4 MiB",
      });
      expect(requests.length).toBe(1);
    }
    expect(state.cancelled).toBe(1);
  });

  test("fails temporarily if the body is truncated", async () => {
    const { result } = get(() => answer(200, { ...GOOD, "content-length": "32" }, BODY));
    expect(await errorOf(result)).toMatchObject({ code: "UNAVAILABLE", isTransient: true });
  });

  test("fails as the registry answers", async () => {
    expect(await errorOf(get(() => answer(404)).result)).toMatchObject({
      code: "MANIFEST_UNKNOWN",
      message: "library/busybox:1 was not found upstream",
    });
  });
});
