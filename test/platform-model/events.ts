import fc from "fast-check";
import { type ManifestContent, OCI_LAST, OCI_MANIFEST, OCI_NEXT } from "../support/contents.ts";
import { breakAfter } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import type { Host } from "../support/hub.ts";

/** A random walk: what the platform is like, and what happens there. */
export interface Walk {
  readonly keepsBlobs: boolean;
  readonly kvReadMs: number;
  readonly kvSpreadSeconds: number;
  readonly events: readonly Event[];
}

export type Event =
  | {
      readonly kind: "pull";
      readonly place: number;
      readonly isolate: number;
      readonly requests: readonly RequestName[];
      readonly isParallel: boolean;
      /** Whether the isolate disappears meanwhile. */
      readonly dies: boolean;
    }
  | { readonly kind: "move"; readonly to: number; readonly seconds: number }
  | { readonly kind: "break"; readonly hosts: Host | "all"; readonly fault: FaultName }
  | { readonly kind: "mend" }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "new isolate" | "new data centre" | "evict"; readonly place: number };

export type RequestName =
  | "HEAD tag"
  | "GET tag"
  | "GET digest"
  | "small"
  | "large"
  | "part"
  | "hang up";
export type FaultName = keyof typeof FAULTS;

const NAMES = ["HEAD tag", "GET tag", "GET digest", "small", "large", "part", "hang up"] as const;
export const FAULTS = {
  hang: () => "hang",
  reset: () => "reset",
  500: () => status(500),
  503: () => status(503),
  429: () => status(429, { "retry-after": "3" }),
  "break off": async (next) => breakAfter(await next(), 20),
} as const satisfies Record<string, (next: () => Promise<Response>) => unknown>;
export const MANIFESTS: readonly ManifestContent[] = [OCI_MANIFEST, OCI_NEXT, OCI_LAST];
/** Data centres, and isolates in each. */
export const PLACES = 2;
export const ISOLATES = 2;

const place = fc.nat({ max: PLACES - 1 });
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("pull" as const),
      place,
      isolate: fc.nat({ max: ISOLATES - 1 }),
      requests: fc.array(fc.constantFrom(...NAMES, "GET tag" as const), {
        minLength: 1,
        maxLength: 4,
      }),
      isParallel: fc.boolean(),
      dies: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("move" as const),
      to: fc.nat({ max: MANIFESTS.length - 1 }),
      // Often just longer than a tag is fresh.
      seconds: fc.constantFrom(0, 1, 30, 61, 61, 90),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("break" as const),
      hosts: fc.constantFrom("registry", "auth", "storage", "all", "all"),
      fault: fc.constantFrom(...(Object.keys(FAULTS) as FaultName[])),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "mend" as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      seconds: fc.constantFrom(1, 5, 20, 31, 45, 61, 300, 4_000, 90_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("new isolate" as const, "new data centre" as const, "evict" as const),
      place,
    }),
  },
);

export const walks: fc.Arbitrary<Walk> = fc.record({
  keepsBlobs: fc.boolean(),
  kvReadMs: fc.constantFrom(0, 20, 150),
  kvSpreadSeconds: fc.constantFrom(0, 10, 60),
  events: fc.array(event, { minLength: 8, maxLength: 30, size: "max" }),
});
