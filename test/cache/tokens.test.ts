import { describe, expect, test } from "vitest";
import { tokenKey } from "../../src/cache/keys.ts";
import { jsonEntry } from "../../src/cache/store.ts";
import { createTokenCache, type HeldToken } from "../../src/cache/tokens.ts";
import { createMemory } from "../../src/platform/memory.ts";
import type { TokenIdentity } from "../../src/protocol/token.ts";
import { createFakePlatform } from "../platform/fake-platform.ts";
import { createFakeStore, entryOf } from "./stores.ts";

const IDENTITY: TokenIdentity = {
  registry: "registry-1.docker.io",
  username: null,
  realm: "https://auth.docker.io/token",
  service: "registry.docker.io",
  scope: "repository:library/busybox:pull",
};
const KEY = await tokenKey(IDENTITY);

function create() {
  const kv = createFakeStore();
  const platform = createFakePlatform();
  const isolate = () => createTokenCache({ platform, kv, memory: createMemory<HeldToken>(10) });
  /** @returns a token that expires after `seconds`. */
  const tokenFor = (seconds: number, value = "t") => ({
    value,
    expiresAt: platform.ms + seconds * 1000,
  });
  return { cache: isolate(), isolate, kv, platform, tokenFor };
}

describe("a new token", () => {
  test("is in memory only until the registry has accepted it", async () => {
    const { cache, kv, platform, tokenFor } = create();
    const token = tokenFor(300);
    cache.write(IDENTITY, token);
    await platform.settle();
    expect([cache.peek(IDENTITY), await cache.read(IDENTITY)]).toMatchObject([token, token]);
    expect(kv.calls).toEqual([]);
    cache.persist(IDENTITY, token);
    cache.persist(IDENTITY, token);
    await platform.settle();
    expect(kv.calls).toEqual([`write ${KEY} 300`]);
  });

  test("is written to KV for the rest of its life", async () => {
    const { cache, kv, platform, tokenFor } = create();
    const token = tokenFor(300);
    cache.write(IDENTITY, token);
    platform.ms += 100_000;
    cache.persist(IDENTITY, token);
    await platform.settle();
    expect(kv.calls).toEqual([`write ${KEY} 200`]);
  });

  test("is read from KV once by another isolate, and not written again", async () => {
    const { cache, isolate, kv, platform, tokenFor } = create();
    const token = tokenFor(300);
    cache.write(IDENTITY, token);
    cache.persist(IDENTITY, token);
    await platform.settle();
    const other = isolate();
    expect(other.peek(IDENTITY)).toBeNull();
    expect(await other.read(IDENTITY)).toMatchObject(token);
    expect([other.peek(IDENTITY), await other.read(IDENTITY)]).toMatchObject([token, token]);
    other.persist(IDENTITY, token);
    await platform.settle();
    expect(kv.calls).toEqual([`write ${KEY} 300`, `read ${KEY}`]);
  });

  test("is ignored and not stored if it has expired", async () => {
    const { cache, kv, platform, tokenFor } = create();
    cache.write(IDENTITY, tokenFor(0));
    cache.persist(IDENTITY, tokenFor(0));
    await platform.settle();
    expect([cache.peek(IDENTITY), kv.calls]).toEqual([null, []]);
  });
});

test.each([
  { registry: "ghcr.io" },
  { username: "alice" },
  { realm: "https://auth.example/token" },
  { service: null },
  { scope: "repository:library/alpine:pull" },
])("a token is not used for another identity: %j", async (change) => {
  const { cache, platform, tokenFor } = create();
  cache.write(IDENTITY, tokenFor(300));
  cache.persist(IDENTITY, tokenFor(300));
  await platform.settle();
  expect(await cache.read({ ...IDENTITY, ...change })).toBeNull();
});

test("a token is valid until it expires, in memory and in KV", async () => {
  const { cache, isolate, platform, tokenFor } = create();
  cache.write(IDENTITY, tokenFor(300));
  cache.persist(IDENTITY, tokenFor(300));
  await platform.settle();
  platform.ms += 299_999;
  expect([cache.peek(IDENTITY)?.value, (await isolate().read(IDENTITY))?.value]).toEqual([
    "t",
    "t",
  ]);
  platform.ms += 1;
  expect([cache.peek(IDENTITY), await isolate().read(IDENTITY)]).toEqual([null, null]);
});

test("an expired token in memory is replaced by a newer one in KV", async () => {
  const { cache, kv, platform, tokenFor } = create();
  cache.write(IDENTITY, tokenFor(300));
  platform.ms += 300_000;
  kv.entries.set(KEY, jsonEntry(tokenFor(300, "newer")));
  expect((await cache.read(IDENTITY))?.value).toBe("newer");
});

describe("the successor of a token in KV", () => {
  async function succeed(ageSeconds: number) {
    const { cache, kv, platform, tokenFor } = create();
    cache.write(IDENTITY, tokenFor(300));
    cache.persist(IDENTITY, tokenFor(300));
    await platform.settle();
    platform.ms += ageSeconds * 1000;
    const next = tokenFor(300, "next");
    cache.write(IDENTITY, next);
    cache.persist(IDENTITY, next);
    await platform.settle();
    expect(cache.peek(IDENTITY)?.value).toBe("next");
    return kv.writes();
  }

  test("is not written if the old one has expired: writes are scarce", async () => {
    expect(await succeed(300)).toEqual([`write ${KEY} 300`]);
  });

  test("is written if the old one was refused before it expired", async () => {
    expect(await succeed(100)).toEqual([`write ${KEY} 300`, `write ${KEY} 300`]);
  });
});

test.each([
  entryOf("t"),
  jsonEntry(["t"]),
  jsonEntry({ expiresAt: 9e15 }),
  jsonEntry({ value: "t" }),
  jsonEntry({ value: "t", expiresAt: null }),
  jsonEntry({ value: "t", expiresAt: "2099" }),
])("an invalid record is ignored (%#)", async (entry) => {
  const { cache, kv } = create();
  kv.entries.set(KEY, entry);
  expect(await cache.read(IDENTITY)).toBeNull();
});
