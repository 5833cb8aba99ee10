import { expect, test } from "vitest";
import { createIsolate } from "../src/isolate.ts";
import type { Memory } from "../src/platform/memory.ts";

/** @returns the number of values that stay in memory after more are set than it holds. */
function fill<T>(memory: Memory<T>, value: T, count: number): number {
  for (let index = 0; index < count; index++) memory.set(`k${index}`, value);
  let held = 0;
  for (let index = 0; index < count; index++) {
    if (memory.get(`k${index}`) !== undefined) held++;
  }
  return held;
}

test.each([
  ["challenges", 100],
  ["tokens", 2_000],
  ["tags", 10_000],
  ["failedChecks", 5_000],
  ["absences", 5_000],
  ["refusals", 5_000],
  ["visibility", 5_000],
  ["blobUrls", 2_000],
  ["uploadDates", 20_000],
  ["upstreamHealth", 100],
] as const)("the memory for %s holds %i values", (name, limit) => {
  const memory = createIsolate()[name] as Memory<unknown>;
  expect(fill(memory, {}, limit + 10)).toBe(limit);
});

test.each([
  // 512 bytes of each entry are for its key and the objects around its bytes.
  ["manifests", 1024 * 1024 - 512, 16],
  ["manifests", 0, 32_768],
  ["smallBlobs", 1024 * 1024 - 512, 8],
  ["smallBlobs", 0, 16_384],
] as const)("the memory for %s with entries of %i bytes holds %i", (name, length, limit) => {
  const bytes = new Uint8Array(length);
  const value = name === "manifests" ? { bytes, mediaType: "a/b" } : bytes;
  expect(fill(createIsolate()[name] as Memory<unknown>, value, limit + 10)).toBe(limit);
});
