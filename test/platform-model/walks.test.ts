import fc from "fast-check";
import { expect, test } from "vitest";
import { walksOf } from "../properties/arbitrary.ts";
import { type Walk, walks } from "./events.ts";
import { playWalk } from "./walk.ts";

test.each([1, 2, 3, 4])(
  "in every walk a client gets right bytes or a clean failure, and no tag that is too old: part %i",
  async (part) => {
    const check = async (walk: Walk) => {
      expect(await playWalk(walk)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(walks, check), walksOf(part));
  },
);
