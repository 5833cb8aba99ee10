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
const KV_WRITES = "KV writes of a pull";
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
  { section: METADATA, name: "warm", atMost: 0 },
  { section: METADATA, name: "warm, another data centre", atMost: 0 },
  // The HEAD that Docker Hub does not count.
  { section: METADATA, name: "after the tag window", atMost: 1 },
  // And a token, since the last has expired.
  { section: METADATA, name: "an hour later", atMost: 2 },
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
  // With R2 the layers do not come from upstream again either.
  { mirror: "sampan-r2", section: REQUESTS, name: "warm", atMost: 0 },
  { mirror: "sampan-r2", section: REQUESTS, name: "warm, another data centre", atMost: 0 },
  { mirror: "sampan-r2", section: REQUESTS, name: "after the tag window", atMost: 1 },
  // Each of the six blobs, and the note that tells when it was last pulled.
  { mirror: "sampan-r2", section: R2_WRITES, name: "cold, multi-arch", atMost: 6 },
  { mirror: "sampan-r2", section: R2_WRITES, name: "warm", atMost: 0 },
];
