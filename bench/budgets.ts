/** A figure that must not grow. */
export interface Budget {
  readonly section: string;
  readonly name: string;
  /** The mirror without R2, or with it. */
  readonly mirror: "sampan" | "sampan-r2";
  readonly atMost: number;
}

const REQUESTS = "Upstream requests of a pull";
const METADATA = "Upstream requests for the manifests";
const QUOTA = "Docker Hub's quota, a pull";
const KV_READS = "KV reads of a pull";
const KV_WRITES = "KV writes of a pull";
const R2_READS = "R2 reads of a pull (class B)";
const R2_WRITES = "R2 writes of a pull (class A)";
const HUNDRED = "A hundred pulls of one image version";

const EITHER = [
  { section: KV_WRITES, name: "first ever, single-arch", atMost: 3 },
  { section: KV_WRITES, name: "cold, single-arch", atMost: 3 },
  { section: KV_WRITES, name: "cold, multi-arch", atMost: 4 },
  { section: KV_WRITES, name: "warm", atMost: 0 },
  { section: KV_WRITES, name: "warm, another data centre", atMost: 0 },
  { section: KV_WRITES, name: "after the tag window", atMost: 0 },
  { section: KV_WRITES, name: "an hour later", atMost: 0 },
  // The tag, its index and one manifest.
  { section: KV_WRITES, name: "tag moved", atMost: 3 },
  { section: KV_READS, name: "cold, single-arch", atMost: 3 },
  { section: KV_READS, name: "cold, multi-arch", atMost: 4 },
  { section: KV_READS, name: "warm", atMost: 0 },
  { section: KV_READS, name: "warm, another data centre", atMost: 4 },
  { section: KV_READS, name: "after the tag window", atMost: 0 },
  // The challenge of `/v2/`, a token, the HEAD, a GET for each manifest.
  { section: METADATA, name: "first ever, single-arch", atMost: 4 },
  { section: METADATA, name: "cold, single-arch", atMost: 3 },
  { section: METADATA, name: "cold, multi-arch", atMost: 4 },
  { section: METADATA, name: "tag moved", atMost: 3 },
  { section: METADATA, name: "warm", atMost: 0 },
  { section: METADATA, name: "warm, another data centre", atMost: 0 },
  // The HEAD that Docker Hub does not count.
  { section: METADATA, name: "after the tag window", atMost: 1 },
  // And a token, since the last has expired.
  { section: METADATA, name: "an hour later", atMost: 2 },
  { section: QUOTA, name: "cold, single-arch", atMost: 1 },
  { section: QUOTA, name: "cold, multi-arch", atMost: 2 },
  { section: QUOTA, name: "warm", atMost: 0 },
  { section: QUOTA, name: "warm, another data centre", atMost: 0 },
  { section: QUOTA, name: "after the tag window", atMost: 0 },
  { section: QUOTA, name: "an hour later", atMost: 0 },
  { section: QUOTA, name: "tag moved", atMost: 2 },
  { section: HUNDRED, name: "single-arch, quota", atMost: 1 },
  // The index and one manifest.
  { section: HUNDRED, name: "multi-arch, quota", atMost: 2 },
  // Those of the first pull.
  { section: HUNDRED, name: "single-arch, KV writes", atMost: 3 },
  { section: HUNDRED, name: "multi-arch, KV writes", atMost: 4 },
  { section: "Bundle", name: "gzipped", atMost: 45 },
] as const;

/** What everything costs at most that does not depend on the machine. */
export const BUDGETS: readonly Budget[] = [
  ...EITHER.map((budget) => ({ ...budget, mirror: "sampan" as const })),
  ...EITHER.map((budget) => ({ ...budget, mirror: "sampan-r2" as const })),
  // Each of the six blobs is one request to the registry and one to its storage.
  { mirror: "sampan", section: REQUESTS, name: "cold, single-arch", atMost: 15 },
  { mirror: "sampan", section: REQUESTS, name: "cold, multi-arch", atMost: 16 },
  // The two layers that are too large for memory.
  { mirror: "sampan", section: REQUESTS, name: "warm", atMost: 4 },
  { mirror: "sampan", section: REQUESTS, name: "after the tag window", atMost: 5 },
  // With R2 each blob is downloaded a second time, and then never again.
  { mirror: "sampan-r2", section: REQUESTS, name: "cold, single-arch", atMost: 27 },
  { mirror: "sampan-r2", section: REQUESTS, name: "cold, multi-arch", atMost: 28 },
  { mirror: "sampan-r2", section: REQUESTS, name: "warm", atMost: 0 },
  { mirror: "sampan-r2", section: REQUESTS, name: "warm, another data centre", atMost: 0 },
  { mirror: "sampan-r2", section: REQUESTS, name: "after the tag window", atMost: 1 },
  // Each of the six blobs is looked for by its pull and by its fill.
  { mirror: "sampan-r2", section: R2_READS, name: "cold, multi-arch", atMost: 12 },
  { mirror: "sampan-r2", section: R2_READS, name: "warm", atMost: 2 },
  { mirror: "sampan-r2", section: R2_READS, name: "warm, another data centre", atMost: 12 },
  // … and is kept by one write.
  { mirror: "sampan-r2", section: R2_WRITES, name: "cold, multi-arch", atMost: 6 },
  { mirror: "sampan-r2", section: R2_WRITES, name: "warm", atMost: 0 },
];
