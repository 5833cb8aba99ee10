import { expect, test } from "vitest";
import { cacheStatusHeader } from "../../src/protocol/cache-status.ts";

test.each([
  [false, false, false, "sampan; hit"],
  [false, true, false, "sampan; hit"],
  [true, false, false, "sampan; fwd=miss"],
  [true, true, false, "sampan; fwd=stale"],
  [true, true, true, "sampan; fwd=stale; detail=stale"],
  [false, true, true, "sampan; hit; detail=stale"],
])("forwarded %s, known %s, stale %s reads %j", (isForwarded, isKnown, isStale, header) => {
  expect(cacheStatusHeader({ isForwarded, isKnown, isStale })).toBe(header);
});
