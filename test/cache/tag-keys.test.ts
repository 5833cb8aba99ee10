import { expect, test } from "vitest";
import { tagKey } from "../../src/cache/keys.ts";
import type { Store } from "../../src/cache/store.ts";
import { createTagCache } from "../../src/cache/tags.ts";
import { createMemory } from "../../src/platform/memory.ts";
import type { Digest } from "../../src/protocol/digest.ts";
import type { AcceptClass } from "../../src/protocol/media-type.ts";
import type { Name } from "../../src/protocol/name.ts";
import type { Tag } from "../../src/protocol/reference.ts";

const DESCRIPTOR = {
  digest: `sha256:${"0".repeat(64)}` as Digest,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  size: 1,
};

/** A cache that remembers the keys of so many tags, and the keys that KV has. */
function create(rememberedTags = 10) {
  const kvKeys = new Set<string>();
  const work: Promise<unknown>[] = [];
  const none: Store = { read: async () => null, write: async () => true, remove: async () => {} };
  const kv: Store = {
    ...none,
    write: async (key) => {
      kvKeys.add(key);
      return true;
    },
  };
  const tags = createTagCache({
    platform: { now: () => 1_767_290_400_000, waitUntil: (promise) => void work.push(promise) },
    tags: createMemory(100),
    persistedTags: createMemory(rememberedTags),
    edge: none,
    kv,
    absences: { has: () => false, add: () => {}, remove: () => {} },
    freshSeconds: 60,
    staleSeconds: 3600,
  });
  async function pull(tag: string, accepted: string): Promise<void> {
    const key = tagKey("host", "library/a" as Name, tag as Tag, accepted as AcceptClass);
    tags.persist(key, tags.write(key, DESCRIPTOR, null), true);
    await Promise.all(work.splice(0));
  }
  return { kvKeys, pull };
}

test("KV gets the records of the first three sets of accepted types of a tag", async () => {
  const { kvKeys, pull } = create();
  for (const accepted of ["dl", "dm", "oi", "om", "dl+dm", "dl", "dm"]) await pull("1", accepted);
  expect([...kvKeys]).toEqual([
    "v2/tag/host/library/a/1/dl",
    "v2/tag/host/library/a/1/dm",
    "v2/tag/host/library/a/1/oi",
  ]);
});

test("each tag has three of its own", async () => {
  const { kvKeys, pull } = create();
  for (const tag of ["1", "2"]) {
    for (const accepted of ["dl", "dm", "oi", "om"]) await pull(tag, accepted);
  }
  expect(kvKeys.size).toBe(6);
});

test("a tag that is no longer remembered may be written again", async () => {
  const { kvKeys, pull } = create(1);
  for (const accepted of ["dl", "dm", "oi", "om"]) await pull("1", accepted);
  await pull("2", "dl");
  await pull("1", "om");
  expect([...kvKeys].filter((key) => key.includes("/1/"))).toHaveLength(4);
});
