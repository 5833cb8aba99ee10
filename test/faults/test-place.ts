import { expect, it } from "vitest";
import { useMirrors } from "../support/mirror/in-process.ts";
import { allCases, cellsOf } from "./matrix.ts";
import type { Counts } from "./report.ts";
import { runCells } from "./run-cells.ts";
import type { Place } from "./tables/places.ts";

declare module "vitest" {
  interface TaskMeta {
    /** What came of a fault at a place; the report is made of it. */
    faults?: Counts;
  }
}

/** Makes a test of each fault at the place: in every state, for every kind of request. */
export function testPlace(place: Place): void {
  const createMirror = useMirrors();
  const cases = allCases().filter((one) => one.place === place);
  it.for(cases)("$place: $fault.name", async (one, { task }) => {
    const { complaints, ...counts } = await runCells(createMirror, cellsOf(one));
    task.meta.faults = { place, ...counts };
    expect(complaints).toEqual([]);
  });
}
