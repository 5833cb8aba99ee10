import fc from "fast-check";
import { allCases } from "../../faults/matrix.ts";
import type { Place } from "../../faults/tables/places.ts";
import { REQUESTS } from "../../faults/tables/requests.ts";
import type { StoreFailure } from "../../faults/tables/states.ts";
import { type ManifestContent, OCI_LAST, OCI_MANIFEST, OCI_NEXT } from "../../support/contents.ts";

/** One thing that happens in the life of a mirror; requests, faults and manifests by name. */
export type Event =
  | { readonly kind: "ask"; readonly requests: readonly string[] }
  | { readonly kind: "break"; readonly place: Place; readonly fault: string }
  | { readonly kind: "mend" }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "move"; readonly to: keyof typeof MANIFESTS }
  | { readonly kind: "restart"; readonly isElsewhere: boolean }
  | { readonly kind: "fail"; readonly failures: readonly StoreFailure[] };

/** What the tag leads to at one time or another. */
export const MANIFESTS = {
  first: OCI_MANIFEST,
  next: OCI_NEXT,
  last: OCI_LAST,
} as const satisfies Record<string, ManifestContent>;

const STORE_FAILURES: readonly StoreFailure[] = [
  "KV fails to read",
  "KV fails to write",
  "KV hangs",
  "KV has garbage",
  "edge throws",
  "edge hangs",
  "R2 fails to read",
  "R2 fails to write",
  "R2 hangs",
];

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("ask" as const),
      requests: fc.array(fc.constantFrom(...REQUESTS.map(({ name }) => name)), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(...allCases())
      .map(({ place, fault }) => ({ kind: "break" as const, place, fault: fault.name })),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "mend" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      seconds: fc.constantFrom(1, 9, 59, 60, 61, 300, 4000, 90_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("move" as const),
      to: fc.constantFrom("first" as const, "next" as const, "last" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("restart" as const),
      isElsewhere: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("fail" as const),
      failures: fc.subarray([...STORE_FAILURES], { maxLength: 2 }),
    }),
  },
);

/** What happens to a mirror, in order. */
export const stories = fc.array(event, { minLength: 4, maxLength: 25, size: "max" });
