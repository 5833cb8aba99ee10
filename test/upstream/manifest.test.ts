import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/protocol/digest.ts";
import { type AcceptClass, ALL_TYPES } from "../../src/protocol/media-type.ts";
import type { Reference, Tag } from "../../src/protocol/reference.ts";
import { type FetchedManifest, getManifest, headManifest } from "../../src/upstream/manifest.ts";
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
  test("reports digest, media type and size, in one request for the client's types", async () => {
    const headers = { ...DESCRIBED, "content-type": `${OCI_MANIFEST}; charset=utf-8` };
    const { result, requests } = head(() => answer(200, headers), byTag, "om" as AcceptClass);
    expect(await result).toEqual({ digest: DIGEST, mediaType: OCI_MANIFEST, size: 31 });
    expect(linesOf(requests)).toEqual([
      "HEAD https://registry-1.docker.io/v2/library/busybox/manifests/1",
    ]);
    expect(requests[0]?.headers.get("accept")).toBe(OCI_MANIFEST);
  });

  test("by digest reports the requested digest, not the one of the response", async () => {
    const headers = { ...DESCRIBED, "docker-content-digest": OTHER };
    expect((await head(() => answer(200, headers), byDigest).result)?.digest).toBe(DIGEST);
  });

  test.each([
    ["no digest", 200, { "content-type": OCI_MANIFEST, "content-length": "31" }],
    ["a malformed digest", 200, { ...DESCRIBED, "docker-content-digest": "sha256:x" }],
    ["no length", 200, GOOD],
    ["the length 0", 200, { ...DESCRIBED, "content-length": "0" }],
    ["the length of an encoding", 200, { ...DESCRIBED, "content-encoding": "gzip" }],
    ["another media type", 200, { ...DESCRIBED, "content-type": "application/json" }],
    ["status 405", 405, {}],
    ["status 501", 501, {}],
  ])("is followed by a GET, which returns the whole manifest, if it has %s", async (...row) => {
    const [, status, headers] = row;
    const refused = answer(status, headers as Record<string, string>);
    const { result, requests } = head(inOrder(refused, answer(200, GOOD, BODY)));
    const { bytes, ...rest } = (await result) as FetchedManifest;
    expect(rest).toEqual({ digest: DIGEST, mediaType: OCI_MANIFEST, size: 31, isVerified: true });
    expect(new TextDecoder().decode(bytes)).toBe(BODY);
    expect(requests.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
  });

  test("is repeated for all types if a registry converts to schema 1", async () => {
    const converted = { ...DESCRIBED, "content-type": SIGNED, "docker-content-digest": OTHER };
    const respond = inOrder(answer(200, converted), answer(200, DESCRIBED));
    const { result, requests } = head(respond, byTag, "dl+dm" as AcceptClass);
    expect(await result).toMatchObject({ digest: DIGEST, mediaType: OCI_MANIFEST });
    const counts = requests.map(({ headers }) => headers.get("accept")?.split(", ").length);
    expect(counts).toEqual([2, 4]);
  });

  test("reports schema 1 if all types were accepted", async () => {
    const { result, requests } = head(() => answer(200, { ...DESCRIBED, "content-type": SIGNED }));
    expect(await result).toMatchObject({ mediaType: SIGNED });
    expect(requests.length).toBe(1);
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

  test("discards what is not a manifest, and names only the host of a storage", async () => {
    const moved = redirect("https://cdn.example/x?sig=secret");
    const page = answer(200, { "content-type": "text/html" }, "<html>");
    expect((await errorOf(get(inOrder(moved, page)).result)).message).toBe(
      "library/busybox:1: the response of cdn.example is not a manifest and was discarded; try again",
    );
  });

  test.each([{}, { "docker-content-digest": "sha256:x" }])(
    "computes digest and media type if the headers are %j",
    async (headers) => {
      const { result } = get(() => answer(200, headers as Record<string, string>, BODY));
      expect(await result).toMatchObject({ digest: DIGEST, mediaType: OCI_MANIFEST });
    },
  );

  test("returns a signed manifest of schema 1 unverified", async () => {
    const headers = { "content-type": SIGNED, "docker-content-digest": OTHER };
    const { result } = get(() => answer(200, headers, BODY));
    expect(await result).toMatchObject({ digest: OTHER, mediaType: SIGNED, isVerified: false });
  });

  test("returns a manifest of exactly 4 MiB", async () => {
    const body = `{"layers":[]}${" ".repeat(FOUR_MIB - 13)}`;
    const headers = { "content-type": OCI_MANIFEST };
    expect((await get(() => answer(200, headers, body)).result).size).toBe(FOUR_MIB);
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
});

test.each([
  [404, "MANIFEST_UNKNOWN", "library/busybox:1 was not found upstream"],
  [429, "TOOMANYREQUESTS", "too many requests"],
  [500, "UNAVAILABLE", "answered with status 500"],
])("status %i fails both as %s", async (status, code, text) => {
  for (const { result } of [head(() => answer(status)), get(() => answer(status))]) {
    const error = await errorOf(result);
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  }
});
