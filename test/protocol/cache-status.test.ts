import { expect, test } from "vitest";
import { cacheStatusHeader } from "../../src/protocol/cache-status.ts";

test.each([
  [false, false, null, "sampan; hit"],
  [false, true, null, "sampan; hit"],
  [true, false, null, "sampan; fwd=miss"],
  [true, true, null, "sampan; fwd=stale"],
  [true, true, "stale", "sampan; fwd=stale; detail=stale"],
  [false, true, "stale", "sampan; hit; detail=stale"],
  [false, true, "quota", "sampan; hit; detail=quota"],
] as const)("forwarded %s, known %s, %s reads %j", (isForwarded, isKnown, detail, header) => {
  expect(cacheStatusHeader({ isForwarded, isKnown, detail })).toBe(header);
});
