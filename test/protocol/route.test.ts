import { describe, expect, test } from "vitest";
import { RegistryError } from "../../src/protocol/errors.ts";
import {
  decodeSegment,
  isRegistryPath,
  parseRoute,
  repositoryIn,
} from "../../src/protocol/route.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

/** @returns the error with which a path is rejected. */
function refusal(pathname: string): RegistryError {
  try {
    parseRoute(pathname);
  } catch (error) {
    if (error instanceof RegistryError) return error;
    throw error;
  }
  throw new Error(`${pathname} is accepted`);
}

test.each(["/v2", "/v2/", "/v2/a", "/v1", "/v1/search", "/v2/_catalog"])(
  "%s is a path of the registry API",
  (pathname) => {
    expect(isRegistryPath(pathname)).toBe(true);
  },
);

test.each(["/", "", "/v2x", "/v3/", "//v2/", "/a/v2/", "/V2/", "/v12/"])(
  "%j is not a path of the registry API",
  (pathname) => {
    expect(isRegistryPath(pathname)).toBe(false);
  },
);

describe("parseRoute reads", () => {
  const image = { requestedName: "a/b", host: null, name: "a/b" };
  const digest = { kind: "digest", digest: DIGEST };

  test.each([
    ["/v2", { kind: "base" }],
    ["/v2/", { kind: "base" }],
    ["/v2/a/b/manifests/1", { kind: "manifest", image, reference: { kind: "tag", tag: "1" } }],
    [`/v2/a/b/manifests/${DIGEST}`, { kind: "manifest", image, reference: digest }],
    [
      `/v2/a/b/manifests/${DIGEST.replace(":", "%3A")}`,
      { kind: "manifest", image, reference: digest },
    ],
    [
      `/v2/a/b/manifests/${DIGEST.replace(":", "%3a")}`,
      { kind: "manifest", image, reference: digest },
    ],
    [`/v2/a/b/blobs/${DIGEST}`, { kind: "blob", image, digest: DIGEST }],
    [`/v2/a/b/referrers/${DIGEST}`, { kind: "referrers", image, digest: DIGEST }],
    ["/v2/a/b/tags/list", { kind: "tags", image }],
    ["/v2/%61/b/tags/list", { kind: "tags", image }],
  ])("%s", (pathname, route) => {
    expect(parseRoute(pathname)).toEqual(route);
  });

  test.each([
    ["/v2/manifests/manifests/x", "manifests"],
    ["/v2/a/manifests/b/manifests/x", "a/manifests/b"],
    ["/v2/a/tags/list/tags/list", "a/tags/list"],
    ["/v2/a/blobs/manifests/x", "a/blobs"],
    ["/v2/blobs/tags/list", "blobs"],
  ])("%s: the last endpoint ends the name", (pathname, name) => {
    expect(parseRoute(pathname)).toMatchObject({ image: { name } });
  });

  test.each(["/v2/localhost:5000/a/tags/list", "/v2/localhost%3A5000/a/tags/list"])(
    "the host in %s",
    (pathname) => {
      expect(parseRoute(pathname)).toMatchObject({ image: { host: "localhost:5000", name: "a" } });
    },
  );
});

describe("parseRoute rejects", () => {
  test.each([
    "/v2/Busybox/manifests/x",
    "/v2//manifests/x",
    "/v2/a//b/manifests/x",
    "/v2//a/tags/list",
    "/v2/a%2Fb/manifests/x",
    "/v2/docker.io%2Fa/manifests/x",
    "/v2/a%252Fb/manifests/x",
    "/v2/%2e%2e/a/%2E%2E/manifests/x",
    "/v2/a%/manifests/x",
    "/v2/a%ff/manifests/x",
    "/v2/a%00/manifests/x",
    "/v2/a%0A/manifests/x",
    "/v2/a%20b/manifests/x",
    "/v2/a+b/manifests/x",
    "/v2/A/manifests/a:b",
    `/v2/${"a".repeat(256)}/manifests/x`,
    `/v2/${"/".repeat(100_000)}/manifests/x`,
  ])("an invalid name with NAME_INVALID (%#)", (pathname) => {
    const { code, status } = refusal(pathname);
    expect([code, status]).toEqual(["NAME_INVALID", 400]);
  });

  test.each([".x", "-x", "a%20b", "a%2Fb", "%zz", "a".repeat(129), "%2e%2e", "1+1"])(
    "the tag %s with MANIFEST_UNKNOWN",
    (raw) => {
      const { code, status } = refusal(`/v2/a/manifests/${raw}`);
      expect([code, status]).toEqual(["MANIFEST_UNKNOWN", 404]);
    },
  );

  test.each(["a:b", "sha256:abc", "sha256%3Aabc", "md5:x", `${DIGEST}0`, ":", "SHA256:a"])(
    "the digest %s with DIGEST_INVALID",
    (raw) => {
      for (const endpoint of ["manifests", "blobs", "referrers"]) {
        const { code, status } = refusal(`/v2/a/${endpoint}/${raw}`);
        expect([code, status]).toEqual(["DIGEST_INVALID", 400]);
      }
    },
  );

  test.each(["blobs", "referrers"])("a tag under %s with DIGEST_INVALID", (endpoint) => {
    expect(refusal(`/v2/a/${endpoint}/latest`).code).toBe("DIGEST_INVALID");
  });

  test.each([
    "/v2/_catalog",
    "/v2/x",
    "/v2/a/tags",
    "/v2/a/tags/",
    "/v2/a/tags/x",
    "/v2/a/tags/list/",
    "/v2/a/manifests/",
    "/v2/a/manifests/x/",
    "/v2/a/manifests/x/y",
    "/v2/a/blobs/uploads/",
    "/v2/tags/list",
    "/v2/manifests/x",
    "/v1/search",
    "/v1/a/manifests/x",
    "/v2/a/Manifests/x",
  ])("%s with UNSUPPORTED", (pathname) => {
    const { code, status } = refusal(pathname);
    expect([code, status]).toEqual(["UNSUPPORTED", 404]);
  });

  test("a very long path with a short message", () => {
    const long = "a".repeat(100_000);
    for (const path of [`A${long}/manifests/x`, `a/manifests/${long}`, `a/blobs/${long}`, long]) {
      expect(refusal(`/v2/${path}`).message.length).toBeLessThan(600);
    }
  });
});

test.each([
  ["/v2/owner/app/manifests/1", "owner/app"],
  ["/v2/a/blobs/sha256:x", "a"],
  ["/v2/a/b/c/tags/list", "a/b/c"],
  ["/v2/a/referrers/sha256:x", "a"],
  ["/v2/a/manifests/b/manifests/1", "a/manifests/b"],
  ["/v2/", null],
  ["/v2/owner/app", null],
  ["/v2/owner/app/manifests/", null],
  ["/v1/owner/app/manifests/1", null],
  ["/x/v2/owner/app/manifests/1", null],
  ["/v2/OWNER/app/manifests/1", null],
  ["/v2/owner%2Fapp/manifests/1", null],
  ["/v2//manifests/1", null],
  ["/containers/images/sha256:x", null],
])("the repository in %s is %s", (path, name) => {
  expect(repositoryIn(path)).toBe(name);
});

test.each([
  ["a%2Fb%3a", "a/b:"],
  ["a+b", "a+b"],
  ["%zz", "%zz"],
  ["%ff", "%ff"],
])("the segment %s is decoded as %s", (segment, text) => {
  expect(decodeSegment(segment)).toBe(text);
});
