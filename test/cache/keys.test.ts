import { describe, expect, test } from "vitest";
import {
  blobKey,
  challengeKey,
  loginKey,
  loginPartition,
  manifestKey,
  ownerPartition,
  publicPartition,
  referrersKey,
  searchKey,
  tagKey,
  tagListKey,
  tokenKey,
  visibilityKey,
} from "../../src/cache/keys.ts";
import type { Digest } from "../../src/protocol/digest.ts";
import { type AcceptClass, ALL_TYPES } from "../../src/protocol/media-type.ts";
import type { Name } from "../../src/protocol/name.ts";
import type { Tag } from "../../src/protocol/reference.ts";
import type { TokenIdentity } from "../../src/protocol/token.ts";

const HUB = "registry-1.docker.io";
const NAME = "library/busybox" as Name;
const TAG = "1.36" as Tag;
const DIGEST = `sha256:${"a".repeat(64)}` as Digest;
const TOKEN: TokenIdentity = {
  registry: HUB,
  username: "alice",
  realm: "https://auth.docker.io/token",
  service: "registry.docker.io",
  scope: "repository:library/busybox:pull",
};

test("a key contains the format, the kind, the registry and the subject", async () => {
  expect([
    challengeKey(HUB),
    tagKey(HUB, NAME, TAG, ALL_TYPES),
    manifestKey(HUB, NAME, DIGEST),
    blobKey(HUB, NAME, DIGEST),
    visibilityKey(HUB, NAME),
    tagListKey(HUB, NAME),
    referrersKey(HUB, NAME, DIGEST),
    loginKey(HUB),
    searchKey(HUB, "busy box", 25),
  ]).toEqual([
    "v2/challenge/registry-1.docker.io",
    "v2/tag/registry-1.docker.io/library/busybox/1.36/dl+dm+oi+om",
    `v2/manifest/registry-1.docker.io/library/busybox/${DIGEST}`,
    `v2/blob/registry-1.docker.io/library/busybox/${DIGEST}`,
    "v2/public/registry-1.docker.io/library/busybox",
    "v2/tags/registry-1.docker.io/library/busybox",
    `v2/referrers/registry-1.docker.io/library/busybox/${DIGEST}`,
    "v2/login/registry-1.docker.io",
    "v2/search/registry-1.docker.io/25:busy%20box",
  ]);
  expect(await tokenKey(TOKEN)).toMatch(
    /^v2\/token\/registry-1\.docker\.io\/[0-9a-f]{32}\/repository:library\/busybox:pull$/,
  );
});

describe("keys differ for", () => {
  const tag = (partition: string, name: string, tag: string, accepted: string) =>
    tagKey(partition, name as Name, tag as Tag, accepted as AcceptClass);
  const token = (change: Partial<TokenIdentity>) => tokenKey({ ...TOKEN, ...change });
  // Texts that a URL would change, since the edge cache uses URLs.
  const texts = ["a", "A", "a b", "a+b", "a%20b", "..", "../..", ".", "/", "?", "#"];
  const urlOf = (key: string) => new URL(`https://mirror.example/${encodeURI(key)}`).href;

  test.each<[string, readonly (string | Promise<string>)[]]>([
    [
      "each registry, repository, tag and Accept class",
      [
        tag(HUB, "a/b", "c", "oi"),
        tag("ghcr.io", "a/b", "c", "oi"),
        tag(HUB, "a", "b", "oi"),
        tag(HUB, "a", "c", "oi"),
        tag(HUB, "a/b", "C", "oi"),
        tag(HUB, "a/b", "c", "oi+om"),
        tag(HUB, "a/b/c", "c", "oi"),
      ],
    ],
    [
      "each kind, even of repositories that are called like a kind",
      [
        challengeKey(HUB),
        loginKey(HUB),
        searchKey(HUB, "tag", 25),
        token({}),
        ...["a", "tag", "tags", "manifest", "blob"].flatMap((name) => [
          tag(HUB, name, "tag", "oi"),
          manifestKey(HUB, name as Name, DIGEST),
          blobKey(HUB, name as Name, DIGEST),
          visibilityKey(HUB, name as Name),
          tagListKey(HUB, name as Name),
          referrersKey(HUB, name as Name, DIGEST),
        ]),
      ],
    ],
    [
      "each registry, account, realm, service and scope of a token",
      [
        token({}),
        token({ registry: "ghcr.io" }),
        token({ username: "bob" }),
        token({ username: null }),
        token({ username: "null" }),
        token({ username: 'alice","https://auth.docker.io/token' }),
        token({ realm: "https://auth.docker.com/token" }),
        token({ service: "x" }),
        token({ service: null }),
        token({ scope: "repository:library/busybox2:pull" }),
      ],
    ],
    [
      "each text and limit of a search",
      texts.flatMap((text) => [10, 25].map((limit) => urlOf(searchKey(HUB, text, limit)))),
    ],
    [
      "the public images, the owner's account and each login",
      [
        publicPartition(HUB),
        ownerPartition(HUB, ["alice"]),
        ownerPartition(HUB, ["bob"]),
        ownerPartition("ghcr.io", ["alice"]),
        ownerPartition(HUB, [null, "ghcr.io", "alice"]),
        ownerPartition(HUB, ["alice", "ghcr.io", "alice"]),
        ownerPartition(HUB, ["alice", "ghcr.io", "bob"]),
        loginPartition(HUB, "a".repeat(32)),
        loginPartition(HUB, "b".repeat(32)),
        loginPartition("ghcr.io", "a".repeat(32)),
      ],
    ],
  ])("%s", async (_, keys) => {
    expect(new Set(await Promise.all(keys)).size).toBe(keys.length);
  });
});

test("no key contains a username: everyone with access to KV can list its keys", async () => {
  const partition = await ownerPartition(HUB, ["alice"]);
  for (const key of [await tokenKey(TOKEN), partition]) expect(key).not.toContain("alice");
});

test("no key of the longest host, account, name and reference is over 512 bytes", async () => {
  const host = "h".repeat(64);
  const name = "n".repeat(255) as Name;
  const digest = `sha512:${"a".repeat(128)}` as Digest;
  const partition = await ownerPartition(host, ["u".repeat(1_000)]);
  const keys = [
    challengeKey(host),
    tagKey(partition, name, "t".repeat(128) as Tag, ALL_TYPES),
    manifestKey(partition, name, digest),
    blobKey(partition, name, digest),
    visibilityKey(host, name),
    await tokenKey({ ...TOKEN, registry: host, scope: `repository:${name}:pull` }),
  ];
  for (const key of keys) expect(new TextEncoder().encode(key).length).toBeLessThanOrEqual(512);
});

test("a URL does not change a key", () => {
  const key = tagKey("[::1]:5000", NAME, "a_b.c-d" as Tag, ALL_TYPES);
  const url = new URL(`https://mirror.example/${encodeURI(key)}`);
  expect(decodeURIComponent(url.pathname)).toBe(`/${key}`);
  expect(url.search + url.hash).toBe("");
});
