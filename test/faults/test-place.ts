import { expect, it } from "vitest";
import { useMirrors } from "../handler/support.ts";
import { allCases, cellsOf } from "./matrix.ts";
import { runCells } from "./run-cells.ts";
import type { Place } from "./tables/places.ts";

/** Makes a test of each fault at the place: in every state, for every kind of request. */
export function testPlace(place: Place): void {
  const createMirror = useMirrors();
  const cases = allCases().filter((one) => one.place === place);
  it.each(cases)("$place: $fault.name", async (one) => {
    expect(await runCells(createMirror, cellsOf(one))).toEqual([]);
  });
}
