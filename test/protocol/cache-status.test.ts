import { expect, test } from "vitest";
import { cacheStatusHeader, HIT, MISS } from "../../src/protocol/cache-status.ts";

test.each([
  [HIT, "sampan; hit"],
  [{ ...HIT, isCollapsed: true }, "sampan; hit"],
  [{ ...HIT, isStale: true }, "sampan; hit; detail=stale"],
  [{ ...HIT, isFallback: true }, "sampan; hit; detail=fallback"],
  [{ ...HIT, isFallback: true, isStale: true }, "sampan; hit; detail=stale"],
  [MISS, "sampan; fwd=miss"],
  [{ ...MISS, isCollapsed: true }, "sampan; fwd=miss; collapsed"],
  [{ ...MISS, forwarded: "stale" }, "sampan; fwd=stale"],
  [
    { ...HIT, forwarded: "stale", isCollapsed: true, isStale: true },
    "sampan; fwd=stale; collapsed; detail=stale",
  ],
] as const)("%j is the header %j", (status, header) => {
  expect(cacheStatusHeader(status)).toBe(header);
});
