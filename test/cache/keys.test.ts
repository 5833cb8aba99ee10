import { describe, expect, test } from "vitest";
import {
  accountSpace,
  blobKey,
  manifestKey,
  parsePointerKey,
  pointerKey,
  pointerPrefix,
  privateSpace,
  schemeKey,
  tokenKey,
} from "../../src/cache/keys.ts";
import type { Digest } from "../../src/protocol/digest.ts";
import { type AcceptClass, ALL_TYPES } from "../../src/protocol/media-type.ts";
import { inNamespace, type Name } from "../../src/protocol/name.ts";
import type { Tag } from "../../src/protocol/reference.ts";

const HUB = "registry-1.docker.io";
const NAME = "library/busybox" as Name;
const DIGEST = `sha256:${"a".repeat(64)}` as Digest;
const TOKEN = {
  username: "alice",
  realm: "https://auth.docker.io/token",
  service: "registry.docker.io",
  scope: "repository:library/busybox:pull",
};

test("every key tells the format, the kind, the registry and the repository", async () => {
  expect(schemeKey(HUB)).toBe("v1/scheme/registry-1.docker.io");
  expect(pointerKey(HUB, NAME, "1.36" as Tag, ALL_TYPES)).toBe(
    "v1/tag/registry-1.docker.io/library/busybox/1.36/dl+dm+oi+om",
  );
  expect(manifestKey(HUB, NAME, DIGEST)).toBe(
    `v1/manifest/registry-1.docker.io/library/busybox/${DIGEST}`,
  );
  expect(blobKey(HUB, NAME, DIGEST)).toBe(`v1/blob/registry-1.docker.io/library/busybox/${DIGEST}`);
  expect(await tokenKey(HUB, TOKEN)).toMatch(
    /^v1\/token\/registry-1\.docker\.io\/[0-9a-f]{32}\/repository:library\/busybox:pull$/,
  );
});

test("a token's key does not tell the account", async () => {
  expect(await tokenKey(HUB, TOKEN)).not.toContain("alice");
});

describe("another key", () => {
  test.each([
    ["account", { ...TOKEN, username: "bob" }],
    ["account, none at all", { ...TOKEN, username: null }],
    ["realm", { ...TOKEN, realm: "https://auth.docker.com/token" }],
    ["service", { ...TOKEN, service: "x" }],
    ["service, none at all", { ...TOKEN, service: null }],
    ["scope", { ...TOKEN, scope: "repository:library/busybox2:pull" }],
    ["account that looks like a part of the realm", { ...TOKEN, username: 'alice","x' }],
  ])("for a token of another %s", async (_, identity) => {
    expect(await tokenKey(HUB, identity)).not.toBe(await tokenKey(HUB, TOKEN));
  });

  test("for an account called null than for none", async () => {
    const named = await tokenKey(HUB, { ...TOKEN, username: "null" });
    expect(named).not.toBe(await tokenKey(HUB, { ...TOKEN, username: null }));
  });

  test("for another registry, repository, tag or Accept class", () => {
    const key = (host: string, name: string, tag: string, accepted: string) =>
      pointerKey(host, name as Name, tag as Tag, accepted as AcceptClass);
    const keys = [
      key(HUB, "a/b", "c", "oi"),
      key("ghcr.io", "a/b", "c", "oi"),
      key(HUB, "a", "b", "oi"),
      key(HUB, "a", "c", "oi"),
      key(HUB, "a/b", "C", "oi"),
      key(HUB, "a/b", "c", "oi+om"),
      key(HUB, "a/b/c", "c", "oi"),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("for a manifest than for a blob of the same digest", () => {
    expect(manifestKey(HUB, NAME, DIGEST)).not.toBe(blobKey(HUB, NAME, DIGEST));
  });
});

describe("no key is longer than KV takes, which is 512 bytes", () => {
  const host = "h".repeat(100);
  const sha512 = `sha512:${"a".repeat(128)}` as Digest;
  const tag = "t".repeat(128) as Tag;

  test("of the longest name there is", async () => {
    const name = inNamespace("a".repeat(247) as Name, "library") ?? ("" as Name);
    expect(name.length).toBe(255);
    const keys = [
      pointerKey(host, name, tag, ALL_TYPES),
      manifestKey(host, name, sha512),
      blobKey(host, name, sha512),
      await tokenKey(host, { ...TOKEN, scope: `repository:${name}:pull` }),
    ];
    for (const key of keys) expect(key.length).toBeLessThanOrEqual(512);
  });
});

test("a key has nothing in it that a URL would give another meaning", () => {
  const key = pointerKey("[::1]:5000", NAME, "a_b.c-d" as Tag, ALL_TYPES);
  const url = new URL(`https://mirror.example/${encodeURI(key)}`);
  expect(decodeURIComponent(url.pathname)).toBe(`/${key}`);
  expect(url.search + url.hash).toBe("");
});

describe("a pointer's key", () => {
  test.each([
    ["library/busybox", "1.36", "dl+dm+oi+om"],
    ["busybox", "latest", "oi"],
    ["a/b/c/d", "v1.0_x-y", "dm+om"],
    ["v1/tag", "tag", "dl"],
    ["a/dl", "dl", "dl"],
  ])("is read back: %s:%s, %s", async (rawName, rawTag, rawAccepted) => {
    const name = rawName as Name;
    const tag = rawTag as Tag;
    const accepted = rawAccepted as AcceptClass;
    for (const space of [HUB, "localhost:5000", await privateSpace(HUB, "alice")]) {
      const key = pointerKey(space, name, tag, accepted);
      expect(key.startsWith(pointerPrefix(space))).toBe(true);
      expect(parsePointerKey(space, key)).toEqual({ name, tag, accepted });
    }
  });

  test("of one account's private images is not that of another's", async () => {
    const spaces = ["alice", "bob", ""].map((username) => privateSpace(HUB, username));
    expect(new Set(await Promise.all(spaces)).size).toBe(3);
    expect(await privateSpace(HUB, "alice")).not.toContain("alice");
  });

  test("of another space is not read, nor listed with this one's", async () => {
    for (const other of [
      await privateSpace(HUB, "alice"),
      accountSpace(HUB, "f".repeat(32)),
      `${HUB}.example`,
    ]) {
      const key = pointerKey(other, NAME, "1" as Tag, ALL_TYPES);
      expect(key.startsWith(pointerPrefix(HUB))).toBe(false);
      expect(parsePointerKey(HUB, key)).toBeNull();
    }
  });

  test.each([
    "",
    "v1/tag/registry-1.docker.io/",
    "v1/tag/registry-1.docker.io/library/busybox",
    "v1/tag/registry-1.docker.io/1.36/oi",
    "v1/tag/registry-1.docker.io/library/busybox/1.36/",
    "v1/tag/registry-1.docker.io/library/busybox/1.36/om+oi",
    "v1/tag/registry-1.docker.io/library/busybox/1.36/oi+oi",
    "v1/tag/registry-1.docker.io/library/busybox/1.36/zz",
    "v1/tag/registry-1.docker.io/library/busybox/-1/oi",
    `v1/tag/registry-1.docker.io/library/busybox/${DIGEST}/oi`,
    "v1/tag/registry-1.docker.io/Library/busybox/1.36/oi",
    "v1/tag/registry-1.docker.io/ghcr.io/owner/image/1.36/oi",
    `v1/manifest/registry-1.docker.io/library/busybox/${DIGEST}`,
  ])("is not this: %s", (key) => {
    expect(parsePointerKey(HUB, key)).toBeNull();
  });
});
