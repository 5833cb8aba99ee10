import { describe, expect, it } from "vitest";
import { useMirrors } from "../../support/mirror/in-process.ts";
import { runCells, sliceOf } from "./cell.ts";
import { CASES, type Place } from "./faults.ts";

/** A test for each fault at these places, in a few states and with one kind of request. */
export function testQuickly(places: readonly Place[]): void {
  const createMirror = useMirrors();
  describe("whatever goes wrong, a client gets the right bytes or a clean failure", () => {
    it.each(CASES.filter(({ place }) => places.includes(place)))(
      "$place: $fault.name",
      async (one) => {
        expect((await runCells(createMirror, sliceOf(one))).complaints).toEqual([]);
      },
    );
  });
}
