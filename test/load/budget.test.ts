import { expect, test } from "vitest";
import { type Circumstances, computeBudget } from "./budget.ts";
import { createTally } from "./tally.ts";

const NO_REQUESTS = { tagHeads: 0, manifestGets: 0, tokenGets: 0, blobGets: 0, storageGets: 0 };
const NO_FAULTS = {
  ...{ reset: 0, failing: 0, limited: 0, slow: 0 },
  ...{ truncated: 0, hang: 0, wrong: 0, outages: 0 },
};
const version = (manifests: number, blobs: number) => ({ digest: "", since: 0, manifests, blobs });
/** Two images, one of which has moved once. */
const subjects = [
  { repository: "library/a", tag: "1", versions: [version(2, 8), version(2, 8)] },
  { repository: "library/b", tag: "1", versions: [version(1, 4)] },
];

function budget(part: Partial<Circumstances> = {}) {
  const world = { subjects, move: async () => {} };
  const nothing = { departures: 0, failed: NO_REQUESTS, faults: NO_FAULTS, tally: createTally() };
  const time = { seconds: 9, ttlSeconds: 5 };
  return computeBudget({ world, ...time, clients: 10, hasBlobs: true, ...nothing, ...part });
}

test("where nothing fails, it follows from what there is to pull", () => {
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

test("tokens that run out are asked for again", () => {
  expect(budget({ seconds: 300 })).toMatchObject({ tokenGets: 4, tagHeads: 122 });
});

test("what fails is asked for again", () => {
  const faults = { ...NO_FAULTS, reset: 2, truncated: 3, slow: 1, outages: 4 };
  const failed = { ...NO_REQUESTS, manifestGets: 5, tokenGets: 6, blobGets: 1_000 };

  expect(budget({ faults, failed })).toEqual({
    ...budget(),
    quota: 10,
    blobGets: 60 + 3 * 6,
    kvWrites: 16,
    cut: 5,
  });
});

test("when the upstream leaves, each image and each client may have lost a request", () => {
  expect(budget({ departures: 2 })).toEqual({
    tagHeads: 8,
    quota: 9,
    tokenGets: 6,
    blobGets: 60 + 3 * 20,
    kvWrites: 14,
    cut: 20,
  });
});

test("large blobs are asked for each time by a mirror without R2 alone", () => {
  const tally = { ...createTally(), requests: 9_000, largeBlobRequests: 700 };

  expect(budget({ tally }).blobGets).toBe(60);
  expect(budget({ tally, hasBlobs: false }).blobGets).toBe(760);
});
