import { describe, expect, test } from "vitest";
import { brokenRules } from "./rules.ts";
import type { Outcome } from "./run.ts";
import { createTally, type Tally } from "./tally.ts";

const MIB = 1024 * 1024;
const LIMIT = { tagHeads: 10, quota: 20, tokenGets: 30, blobGets: 40, kvWrites: 50, cut: 60 };
const REQUESTS = { tagHeads: 10, manifestGets: 0, tokenGets: 30, blobGets: 40, storageGets: 0 };
const FAULTS = {
  ...{ reset: 0, failing: 0, limited: 0, slow: 0 },
  ...{ truncated: 0, hang: 0, wrong: 0, outages: 0 },
};
const MEMORY = { peakBytes: 1_280 * MIB, thirdBytes: 100 * MIB, endBytes: 356 * MIB };

/** Everything at its limit, but for what is said. */
function outcome(part: Partial<Outcome>, seen: Partial<Tally> = {}): Outcome {
  const tally = { ...createTally(), pulls: 5, failedPulls: 5, cut: 60, headMs: [1, 15_000] };
  return {
    ...{ name: "a run", images: 3, versions: 3, seconds: 60, recovered: 3, leaks: [] },
    ...{ quota: 20, kvWrites: 50, r2Writes: 0, budget: LIMIT, served: REQUESTS, failed: REQUESTS },
    ...{ faults: FAULTS, memory: MEMORY, tally: { ...tally, ...seen } },
    ...part,
  };
}

test("a run at its limits breaks no rule", () => {
  expect(brokenRules(outcome({}))).toEqual([]);
});

describe("a rule is broken by", () => {
  test.each<[string, Partial<Outcome>, string]>([
    [
      "a HEAD too many",
      { served: { ...REQUESTS, tagHeads: 11 } },
      "upstream HEADs of tags: 11, at most 10 expected",
    ],
    ["a pull too many", { quota: 21 }, "quota: 21, at most 20 expected"],
    [
      "a token too many",
      { served: { ...REQUESTS, tokenGets: 31 } },
      "upstream tokens: 31, at most 30 expected",
    ],
    [
      "a blob too many",
      { served: { ...REQUESTS, blobGets: 41 } },
      "upstream blobs: 41, at most 40 expected",
    ],
    ["a write too many", { kvWrites: 51 }, "KV writes: 51, at most 50 expected"],
    ["a leak", { leaks: ["a cookie"] }, "leak: a cookie"],
    ["an image that is lost", { recovered: 2 }, "after the faults 2 of 3 images pull"],
    [
      "too much memory",
      { memory: { ...MEMORY, peakBytes: 1_280 * MIB + 1 } },
      `peak memory in bytes: ${1_280 * MIB + 1}, at most ${1_280 * MIB} expected`,
    ],
    [
      "memory that grows",
      { memory: { ...MEMORY, thirdBytes: 100 * MIB - 1 } },
      `growth of memory in bytes: ${256 * MIB + 1}, at most ${256 * MIB} expected`,
    ],
  ])("%s", (_, part, rule) => {
    expect(brokenRules(outcome(part))).toEqual([rule]);
  });

  test.each<[string, Partial<Tally>, string]>([
    ["what a client saw", { broken: ["wrong bytes: /v2/a"] }, "wrong bytes: /v2/a"],
    ["a blob cut too many", { cut: 61 }, "cut blobs: 61, at most 60 expected"],
    [
      "one answer that is late",
      { headMs: [15_001, 1, 1] },
      "ms to the head: 15001, at most 15000 expected",
    ],
    ["refusals alone", { pulls: 4, failedPulls: 6 }, "only 40 % of the pulls went well"],
    ["no pull at all", { pulls: 0, failedPulls: 0 }, "only 0 % of the pulls went well"],
  ])("%s", (_, seen, rule) => {
    expect(brokenRules(outcome({}, seen))).toEqual([rule]);
  });
});

test("a short run says nothing of growth", () => {
  const memory = { ...MEMORY, thirdBytes: 0 };

  expect(brokenRules(outcome({ seconds: 59, memory }))).toEqual([]);
});
