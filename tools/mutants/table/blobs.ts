import type { Mutant } from "../mutant.ts";

/** A layer is wrong, cut short without a word, or kept where it must not be. */
export const BLOB_MUTANTS: readonly Mutant[] = [
  {
    name: "drops Range",
    file: "mirror/blob.ts",
    from: "range && rangeHeader(range)",
    to: "null",
    tests: ["handler/range"],
  },
  {
    name: "ignores If-Range",
    file: "protocol/etag.ts",
    from: "return ifRange === null || ifRange.trim() === etag(digest);",
    to: "return true;",
    tests: ["handler/range"],
  },
  {
    name: "reads a range one byte too far",
    file: "protocol/range.ts",
    from: "Math.min(range.last ?? end, end)",
    to: "Math.min(range.last ?? total, total)",
    tests: ["handler/blob-kept", "protocol/range"],
  },
  {
    name: "ends a truncated blob cleanly",
    file: "mirror/blob.ts",
    from: "return respondBlob(answer, keepWhileSending(context, image, digest, exact));",
    to: `const reader = keepWhileSending(context, image, digest, exact)?.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await reader?.read().catch(() => null);
      if (next?.value) controller.enqueue(next.value);
      else controller.close();
    },
  });
  return respondBlob(answer, body);`,
    tests: ["handler/blob"],
  },
  {
    name: "ends a truncated blob cleanly whose length only HEAD told",
    file: "mirror/blob.ts",
    from: "return body.pipeThrough(new FixedLengthStream(length));",
    to: "return body;",
    tests: ["handler/blob"],
  },
  {
    name: "passes a blob on without the length that HEAD tells",
    file: "upstream/blob.ts",
    from: "if (status === 200 && told === null) {",
    to: "if (status === 200 && told === -1) {",
    tests: ["handler/blob", "upstream/blob"],
  },
  {
    name: "keeps a whole layer for a client that reads a byte of it",
    file: "mirror/blob.ts",
    from: "return first === 0 && (last === total - 1 || last >= MIN_PULLED_BYTES) ? total : null;",
    to: "return first <= last ? total : null;",
    tests: ["handler/blob-kept"],
  },
  {
    name: "downloads a layer again that is kept",
    file: "mirror/blob-fill.ts",
    from: "if ((await store.size(digest)) !== null) return;",
    to: "",
    tests: ["handler/blob-fill"],
  },
  {
    name: "takes a storage on the registry's own host for the registry",
    file: "upstream/ask.ts",
    from: "registry !== null && repositoryIn(url.pathname) !== null",
    to: "registry !== null",
    tests: ["upstream/blob"],
  },
  {
    name: "takes a part of another length than its Content-Range",
    file: "upstream/blob.ts",
    from: "range === null || ![null, lengthOf(range)].includes(told)",
    to: "range === null",
    tests: ["handler/range", "upstream/blob"],
  },
  {
    name: "lets proxies change a layer",
    file: "mirror/respond.ts",
    from: '"public, max-age=31536000, immutable, no-transform"',
    to: '"public, max-age=31536000, immutable"',
    tests: ["handler/blob"],
  },
  {
    name: "keeps a small blob that does not have its digest",
    file: "mirror/blob-keep.ts",
    from: "if (bytes === null || !(await matchesDigest(bytes, digest))) return;",
    to: "if (bytes === null) return;",
    tests: ["handler/integrity"],
  },
  {
    name: "copies a large layer in JavaScript",
    file: "mirror/blob-keep.ts",
    from: "length !== null && length <= MAX_KEPT_BYTES",
    to: "length !== null",
    tests: ["handler/blob"],
  },
  {
    name: "keeps bytes in R2 that do not have the digest",
    file: "cache/blob-store.ts",
    from: "{ [algorithm]: hash, ...dated(now()) }",
    to: "dated(now())",
    tests: ["handler/blob-fill"],
  },
  {
    name: "keeps a private image's blob in R2",
    file: "mirror/blob-fill.ts",
    from: "return isOwners && isPublic(",
    to: "return isOwners || isPublic(",
    tests: ["handler/blob-private"],
  },
  {
    name: "moves a private image's small blob from a cache to R2",
    file: "mirror/blob-fill.ts",
    from: "size > keeping.maxBytes || !(await isForAll(context, image, digest))",
    to: "size > keeping.maxBytes",
    tests: ["handler/blob-private"],
  },
  {
    name: "keeps layers of any size",
    file: "mirror/blob-fill.ts",
    from: "size === null || size > keeping.maxBytes",
    to: "size === null",
    tests: ["handler/blob-fill"],
  },
  {
    name: "downloads a layer for R2 once for each client",
    file: "mirror/blob-fill.ts",
    from: "fills.has(key) || ",
    to: "",
    tests: ["handler/blob-fill"],
  },
  {
    name: "lets R2 fail a pull",
    file: "cache/blob-store.ts",
    from: `report("blob store", operation, cause);
      return fallback;`,
    to: "throw cause;",
    tests: ["handler/blob-store-failure"],
  },
];
