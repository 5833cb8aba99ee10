import { describe, expect, test } from "vitest";
import { RegistryError } from "../../src/protocol/errors.ts";
import { isRegistryPath, parseRoute, repositoryIn } from "../../src/protocol/route.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

/** @returns the code and the status that a path is refused with. */
function refusal(pathname: string): string {
  try {
    parseRoute(pathname);
  } catch (error) {
    if (error instanceof RegistryError) return `${error.code} ${error.status}`;
    throw error;
  }
  return "taken";
}

/** @returns the message that a path is refused with. */
function message(pathname: string): string {
  try {
    parseRoute(pathname);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}

describe("isRegistryPath", () => {
  test.each(["/v2", "/v2/", "/v2/a", "/v1", "/v1/search", "/v2/_catalog"])("%s", (pathname) => {
    expect(isRegistryPath(pathname)).toBe(true);
  });

  test.each(["/", "", "/v2x", "/v3/", "//v2/", "/a/v2/", "/V2/", "/v12/"])("not %j", (pathname) => {
    expect(isRegistryPath(pathname)).toBe(false);
  });
});

describe("parseRoute", () => {
  test.each(["/v2", "/v2/"])("%s is the base", (pathname) => {
    expect(parseRoute(pathname)).toEqual({ kind: "base" });
  });

  test("a manifest by tag", () => {
    expect(parseRoute("/v2/library/busybox/manifests/1.36")).toEqual({
      kind: "manifest",
      image: { asked: "library/busybox", host: null, name: "library/busybox" },
      reference: { kind: "tag", tag: "1.36" },
    });
  });

  test.each([DIGEST, DIGEST.replace(":", "%3A"), DIGEST.replace(":", "%3a")])(
    "a manifest by digest %s",
    (raw) => {
      expect(parseRoute(`/v2/busybox/manifests/${raw}`)).toMatchObject({
        kind: "manifest",
        reference: { kind: "digest", digest: DIGEST },
      });
    },
  );

  test.each([
    ["blobs", "blob"],
    ["referrers", "referrers"],
  ])("%s by digest", (endpoint, kind) => {
    expect(parseRoute(`/v2/a/b/${endpoint}/${DIGEST}`)).toEqual({
      kind,
      image: { asked: "a/b", host: null, name: "a/b" },
      digest: DIGEST,
    });
  });

  test("the list of tags", () => {
    expect(parseRoute("/v2/a/tags/list")).toMatchObject({ kind: "tags", image: { name: "a" } });
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

  test("a host in front of the name, its port encoded or not", () => {
    const image = { host: "localhost:5000", name: "a" };
    expect(parseRoute("/v2/localhost:5000/a/tags/list")).toMatchObject({ image });
    expect(parseRoute("/v2/localhost%3A5000/a/tags/list")).toMatchObject({ image });
  });

  test("letters that need no encoding may have one", () => {
    expect(parseRoute("/v2/%62usybox/manifests/%6Catest")).toMatchObject({
      image: { name: "busybox" },
      reference: { tag: "latest" },
    });
  });
});

describe("parseRoute refuses as NAME_INVALID", () => {
  test.each([
    ["capitals", "/v2/Busybox/manifests/x"],
    ["no name", "/v2//manifests/x"],
    ["two slashes", "/v2/a//b/manifests/x"],
    ["a slash in front", "/v2//a/tags/list"],
    ["an encoded slash", "/v2/a%2Fb/manifests/x"],
    ["an encoded slash behind a host", "/v2/docker.io%2Fa/manifests/x"],
    ["a slash that is encoded twice", "/v2/a%252Fb/manifests/x"],
    ["encoded dots", "/v2/%2e%2e/a/%2E%2E/manifests/x"],
    ["an encoding that is cut short", "/v2/a%/manifests/x"],
    ["an encoding of no character", "/v2/a%ff/manifests/x"],
    ["a null character", "/v2/a%00/manifests/x"],
    ["a line break", "/v2/a%0A/manifests/x"],
    ["a space", "/v2/a%20b/manifests/x"],
    ["a plus", "/v2/a+b/manifests/x"],
    ["256 characters", `/v2/${"a".repeat(256)}/manifests/x`],
    ["100 kB of slashes", `/v2/${"/".repeat(100_000)}/manifests/x`],
  ])("%s", (_, pathname) => {
    expect(refusal(pathname)).toBe("NAME_INVALID 400");
  });
});

describe("parseRoute refuses references", () => {
  test.each([".x", "-x", "a%20b", "a%2Fb", "%zz", "a".repeat(129), "%2e%2e", "1+1"])(
    "%s as a tag that no manifest has",
    (raw) => {
      expect(refusal(`/v2/a/manifests/${raw}`)).toBe("MANIFEST_UNKNOWN 404");
    },
  );

  test.each([
    "a:b",
    "sha256:abc",
    "sha256%3Aabc",
    "md5:x",
    `${DIGEST}0`,
    ":",
    DIGEST.toUpperCase(),
  ])("%s as a digest that is malformed", (raw) => {
    for (const endpoint of ["manifests", "blobs", "referrers"]) {
      expect(refusal(`/v2/a/${endpoint}/${raw}`)).toBe("DIGEST_INVALID 400");
    }
  });

  test.each(["blobs", "referrers"])("a tag where %s want a digest", (endpoint) => {
    expect(refusal(`/v2/a/${endpoint}/latest`)).toBe("DIGEST_INVALID 400");
  });

  test("a bad name before a bad reference", () => {
    expect(refusal("/v2/A/manifests/a:b")).toBe("NAME_INVALID 400");
  });
});

describe("parseRoute has nothing for", () => {
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
  ])("%s", (pathname) => {
    expect(refusal(pathname)).toBe("UNSUPPORTED 404");
  });
});

test("messages repeat what was asked, but not without end", () => {
  const long = "a".repeat(100_000);
  expect(message(`/v2/A${long}/manifests/x`).length).toBeLessThan(1000);
  expect(message(`/v2/a/manifests/${long}`).length).toBeLessThan(1000);
  expect(message(`/v2/a/blobs/${long}`).length).toBeLessThan(1000);
  expect(message(`/v2/${long}`).length).toBeLessThan(1000);
});

describe("repositoryIn", () => {
  test.each([
    ["/v2/owner/app/manifests/1", "owner/app"],
    ["/v2/a/blobs/sha256:x", "a"],
    ["/v2/a/b/c/tags/list", "a/b/c"],
    ["/v2/a/referrers/sha256:x", "a"],
    ["/v2/a/manifests/b/manifests/1", "a/manifests/b"],
  ])("%s is about %s", (path, name) => {
    expect(repositoryIn(path)).toBe(name);
  });

  test.each([
    "/v2/",
    "/v2/owner/app",
    "/v2/owner/app/manifests/",
    "/v1/owner/app/manifests/1",
    "/x/v2/owner/app/manifests/1",
    "/v2/OWNER/app/manifests/1",
    "/v2/owner%2Fapp/manifests/1",
    "/v2//manifests/1",
    "/containers/images/sha256:x",
  ])("%s is about none", (path) => {
    expect(repositoryIn(path)).toBeNull();
  });
});
