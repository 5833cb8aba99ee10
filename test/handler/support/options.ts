import type { Env } from "../../../src/config/settings.ts";
import type { Platform } from "../../../src/platform/platform.ts";
import type { HubOptions } from "../../support/hub.ts";

/** How a mirror under test is set up. */
export interface MirrorOptions {
  /** Vars and secrets. */
  readonly env?: Vars;
  /** A limit on requests; none unless said. */
  readonly rateLimit?: RateLimit;
  /** Where data points go; nowhere unless said. */
  readonly metrics?: AnalyticsEngineDataset;
  /** Whether there is a bucket for blobs; none unless said. */
  readonly keepsBlobs?: boolean;
  readonly hub?: Omit<HubOptions, "now">;
  /** What stands between the mirror and its upstream; nothing unless said. */
  readonly network?: (hub: typeof fetch) => typeof fetch;
  /** In place of the clock's. */
  readonly startTimer?: Platform["startTimer"];
  /** What chance decides, from 0 to 1; 0 unless said. */
  readonly random?: () => number;
  /** In place of the stores of the platform. */
  readonly bindings?: Partial<Env>;
  /** In place of the edge cache. */
  readonly openCache?: () => Promise<Cache>;
}

export type Vars = Readonly<Record<string, string | number | object>>;

/** What the Worker finds in its environment: vars and secrets, and what it is bound to. */
export function bindingsOf(
  options: MirrorOptions,
  vars: Vars | undefined,
  stores: { readonly CACHE: KVNamespace; readonly BLOBS: R2Bucket },
): Env {
  const { rateLimit, metrics, keepsBlobs, bindings } = options;
  // Neither is a string at run time: vars are, and a binding is what it is.
  return {
    ...vars,
    ...(rateLimit && { RATE_LIMIT: rateLimit }),
    ...(metrics && { METRICS: metrics }),
    ...(keepsBlobs && { BLOBS: stores.BLOBS }),
    CACHE: stores.CACHE,
    ...bindings,
  } as Env;
}
