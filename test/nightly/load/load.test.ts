import { describe, expect, test } from "vitest";
import type { Answer, Sent } from "./exchange.ts";
import { createTally, judge, judgeTag, type Tally } from "./judge.ts";
import { brokenRules, type Circumstances, computeBudget } from "./rules.ts";
import type { Outcome } from "./run.ts";
import { createStats } from "./upstream.ts";

const MIB = 1024 * 1024;
const NOTHING = createStats();

describe("the budget", () => {
  const version = (manifests: number, blobs: number) => ({
    digest: "",
    since: 0,
    manifests,
    blobs,
  });
  /** Two images, one of which has moved once. */
  const subjects = [
    { repository: "library/a", tag: "1", versions: [version(2, 8), version(2, 8)] },
    { repository: "library/b", tag: "1", versions: [version(1, 4)] },
  ];
  const budget = (part: Partial<Circumstances> = {}) =>
    computeBudget({
      images: { subjects, move: async () => {} },
      ...{ seconds: 9, ttlSeconds: 5, clients: 10, hasBlobs: true },
      ...{ upstream: NOTHING, tally: createTally() },
      ...part,
    });

  test("without faults follows from the images", () => {
    expect(budget()).toEqual({
      // Of two images, at the start and after five seconds.
      tagHeads: 4,
      quota: 5,
      tokenGets: 2,
      // Twenty blobs, three times.
      blobGets: 60,
      // Two tokens, three pointers and five manifests.
      kvWrites: 10,
      cut: 0,
    });
  });

  test("allows for tokens that expire", () => {
    expect(budget({ seconds: 300 })).toMatchObject({ tokenGets: 4, tagHeads: 122 });
  });

  test("allows for requests that failed", () => {
    const faults = { ...NOTHING.faults, reset: 2, truncated: 3, slow: 1 };
    const failed = { ...NOTHING.failed, manifestGets: 5, tokenGets: 6, blobGets: 1_000 };

    expect(budget({ upstream: { ...NOTHING, faults, failed, outages: 4 } })).toEqual({
      ...budget(),
      quota: 10,
      blobGets: 60 + 3 * 6,
      kvWrites: 16,
      cut: 5,
    });
  });

  test("allows each image and each client a lost request when the upstream is lost", () => {
    expect(budget({ upstream: { ...NOTHING, departures: 2 } })).toEqual({
      tagHeads: 8,
      quota: 9,
      tokenGets: 6,
      blobGets: 60 + 3 * 20,
      kvWrites: 14,
      cut: 20,
    });
  });

  test("allows a request for each large blob only without R2", () => {
    const tally = { ...createTally(), requests: 9_000, largeBlobRequests: 700 };

    expect(budget({ tally }).blobGets).toBe(60);
    expect(budget({ tally, hasBlobs: false }).blobGets).toBe(760);
  });
});

describe("an answer", () => {
  const MANIFEST: Sent = { method: "GET", url: "http://m/v2/a/b/manifests/1", headers: {} };
  const BLOB: Sent = { method: "GET", url: "http://m/v2/a/b/blobs/sha256:0", headers: {} };
  const error = Buffer.from('{"errors":[{"code":"UNAVAILABLE","message":"gone"}]}');
  const json = new Headers({ "content-type": "application/json" });

  test.each<[string, Sent, Partial<Answer>, RegExp]>([
    ["a request that hangs", MANIFEST, { ending: "hung" }, /^hung request: GET/],
    ["a manifest that breaks", MANIFEST, { ending: "broken" }, /^no answer/],
    ["a blob without an answer", BLOB, { ending: "broken", status: 0 }, /^no answer/],
    ["a length that is not the body's", BLOB, { body: Buffer.from("{") }, /^wrong length/],
    ["a status that is no failure", MANIFEST, { status: 404 }, /^unexpected status/],
    ["a failure of another type", MANIFEST, { status: 502, body: error }, /^no OCI error/],
    ["a failure without a code", MANIFEST, { status: 502, headers: json }, /^no OCI error/],
    ["429 without Retry-After", MANIFEST, { status: 429, headers: json }, /^no Retry-After/],
  ])("breaks a rule by %s", (_, sent, part, rule) => {
    expect(judge(sent, answer(part))).toMatch(rule);
  });

  test.each<[string, Sent, Partial<Answer>]>([
    ["in full", MANIFEST, {}],
    ["with a blob that is cut", BLOB, { ending: "broken" }],
    ["to a client that hangs up", MANIFEST, { ending: "left", status: 0 }],
    ["with a registry's failure", MANIFEST, { status: 502, headers: json, body: error }],
  ])("%s breaks none", (_, sent, part) => {
    expect(judge(sent, answer(part))).toBeNull();
  });

  test("for a tag may be as old as a tag is trusted, or older if it is marked as stale", () => {
    const version = (digest: string, since: number) => ({ digest, since, manifests: 1, blobs: 1 });
    const versions = [version("sha256:a", 0), version("sha256:b", 100_000)];
    const subject = { repository: "a/b", tag: "1", versions };
    const judged = (digest: string, at: number, status = "sampan; hit") => {
      const headers = new Headers({ "docker-content-digest": digest, "cache-status": status });
      return judgeTag(subject, answer({ headers }), at, 5_000);
    };

    expect(judged("sha256:a", 104_000)).toBeNull();
    expect(judged("sha256:a", 109_000)).toMatch(/^old tag: a\/b is 9000 ms/);
    expect(judged("sha256:a", 109_000, "sampan; fwd=stale; detail=stale")).toBeNull();
    expect(judged("sha256:b", 109_000)).toBeNull();
    expect(judged("sha256:c", 0)).toMatch(/^wrong digest/);
  });

  function answer(part: Partial<Answer>): Answer {
    const headers = new Headers({ "content-length": "2" });
    const whole = { ending: "whole", status: 200, headers, body: Buffer.from("{}") } as const;
    return { ...whole, headMs: 1, cause: null, wasRepeated: false, ...part };
  }
});

describe("a run", () => {
  const LIMIT = { tagHeads: 10, quota: 20, tokenGets: 30, blobGets: 40, kvWrites: 50, cut: 60 };
  const SERVED = { ...NOTHING.served, tagHeads: 10, tokenGets: 30, blobGets: 40 };
  const served = (part: Partial<typeof SERVED>) => ({
    upstream: { ...NOTHING, served: { ...SERVED, ...part } },
  });
  const MEMORY = { peakBytes: 1_280 * MIB, thirdBytes: 100 * MIB, endBytes: 356 * MIB };

  test("at its limits breaks no rule", () => {
    expect(brokenRules(outcome({}))).toEqual([]);
  });

  test("that is short is not judged by its growth", () => {
    const memory = { ...MEMORY, thirdBytes: 0 };

    expect(brokenRules(outcome({ seconds: 59, memory }))).toEqual([]);
  });

  test.each<[Partial<Outcome>, string]>([
    [served({ tagHeads: 11 }), "upstream HEADs of tags: 11, at most 10 expected"],
    [{ quota: 21 }, "quota: 21, at most 20 expected"],
    [served({ tokenGets: 31 }), "upstream tokens: 31, at most 30 expected"],
    [served({ blobGets: 41 }), "upstream blobs: 41, at most 40 expected"],
    [{ kvWrites: 51 }, "KV writes: 51, at most 50 expected"],
    [{ leaks: ["a cookie"] }, "leak: a cookie"],
    [{ recovered: 2 }, "after the faults 2 of 3 images pull"],
    [
      { memory: { ...MEMORY, peakBytes: 1_280 * MIB + 1 } },
      `peak memory in bytes: ${1_280 * MIB + 1}, at most ${1_280 * MIB} expected`,
    ],
    [
      { memory: { ...MEMORY, thirdBytes: 100 * MIB - 1 } },
      `growth of memory in bytes: ${256 * MIB + 1}, at most ${256 * MIB} expected`,
    ],
  ])("with %j breaks a rule", (part, rule) => {
    expect(brokenRules(outcome(part))).toEqual([rule]);
  });

  test.each<[Partial<Tally>, string]>([
    [{ broken: ["wrong bytes: /v2/a"] }, "wrong bytes: /v2/a"],
    [{ cut: 61 }, "cut blobs: 61, at most 60 expected"],
    [{ headMs: [15_001, 1, 1] }, "ms to the head: 15001, at most 15000 expected"],
    [{ pulls: 4, failedPulls: 6 }, "only 40 % of the pulls went well"],
    [{ pulls: 0, failedPulls: 0 }, "only 0 % of the pulls went well"],
  ])("whose clients saw %j breaks a rule", (seen, rule) => {
    expect(brokenRules(outcome({}, seen))).toEqual([rule]);
  });

  /** Everything at its limit, except what is given. */
  function outcome(part: Partial<Outcome>, seen: Partial<Tally> = {}): Outcome {
    const tally = { ...createTally(), pulls: 5, failedPulls: 5, cut: 60, headMs: [1, 15_000] };
    return {
      ...{ name: "a run", images: 3, versions: 3, seconds: 60, recovered: 3, leaks: [] },
      ...{ quota: 20, kvWrites: 50, r2Writes: 0, budget: LIMIT, memory: MEMORY, ...served({}) },
      tally: { ...tally, ...seen },
      ...part,
    };
  }
});
