import { describe, expect, test } from "vitest";
import { tokenKey } from "../../src/cache/keys.ts";
import { jsonEntry } from "../../src/cache/store.ts";
import { createAbsences } from "../../src/cache/tiers.ts";
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
  const isolate = () =>
    createTokenCache({
      ...{ platform, kv, tokens: createMemory<HeldToken>(10) },
      absences: createAbsences(createMemory<number>(10), platform.now),
    });
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
    // A day, although the token is valid for five minutes: the record shows that it was written.
    expect(kv.calls).toEqual([`write ${KEY} 86400`]);
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
    expect(kv.calls).toEqual([`write ${KEY} 86400`, `read ${KEY}`]);
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
  kv.entries.set(KEY, jsonEntry({ ...tokenFor(300, "newer"), persistedAt: platform.ms }));
  expect((await cache.read(IDENTITY))?.value).toBe("newer");
});

describe("the successor of a token in KV", () => {
  /** @returns the number of writes, with a successor after `ageSeconds`. */
  async function succeed(ageSeconds: number, checker: string) {
    const { cache, isolate, kv, platform, tokenFor } = create();
    cache.write(IDENTITY, tokenFor(300));
    cache.persist(IDENTITY, tokenFor(300));
    await platform.settle();
    platform.ms += ageSeconds * 1000;
    const next = tokenFor(300, "next");
    const other = checker === "this isolate" ? cache : isolate();
    await other.read(IDENTITY);
    other.write(IDENTITY, next);
    other.persist(IDENTITY, next);
    await platform.settle();
    expect(other.peek(IDENTITY)?.value).toBe("next");
    return kv.writes().length;
  }

  describe.each(["this isolate", "another isolate"])("in %s", (checker) => {
    test("is not written if the old one has expired: writes are scarce", async () => {
      expect(await succeed(300, checker)).toBe(1);
    });

    test("is written after a day", async () => {
      expect(await succeed(86_399, checker)).toBe(1);
      expect(await succeed(86_400, checker)).toBe(2);
    });

    test("is written if the old one was refused before it expired", async () => {
      expect(await succeed(100, checker)).toBe(2);
    });
  });
});

test("a token is written at its next use if KV refused it", async () => {
  const { cache, kv, platform, tokenFor } = create();
  const token = tokenFor(300);
  kv.isRefusing = true;
  cache.write(IDENTITY, token);
  cache.persist(IDENTITY, token);
  await platform.settle();
  kv.isRefusing = false;
  for (let uses = 0; uses < 2; uses++) {
    cache.persist(IDENTITY, token);
    await platform.settle();
  }
  expect([kv.writes().length, kv.entries.has(KEY)]).toEqual([2, true]);
});

test("a token that KV does not have is looked for again after five seconds", async () => {
  const { cache, kv, platform } = create();
  await cache.read(IDENTITY);
  platform.ms += 4_999;
  await cache.read(IDENTITY);
  expect(kv.calls).toHaveLength(1);
  platform.ms += 1;
  await cache.read(IDENTITY);
  expect(kv.calls).toHaveLength(2);
});

test.each([
  entryOf("t"),
  jsonEntry(["t"]),
  jsonEntry({ expiresAt: 9e15, persistedAt: 1 }),
  jsonEntry({ value: "t", persistedAt: 1 }),
  jsonEntry({ value: "t", expiresAt: null, persistedAt: 1 }),
  jsonEntry({ value: "t", expiresAt: "2099", persistedAt: 1 }),
  jsonEntry({ value: "t", expiresAt: 9e15 }),
])("an invalid record is ignored (%#)", async (entry) => {
  const { cache, kv } = create();
  kv.entries.set(KEY, entry);
  expect(await cache.read(IDENTITY)).toBeNull();
});
