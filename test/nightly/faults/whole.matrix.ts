import { expect, inject, it } from "vitest";
import { useMirrors } from "../../support/mirror/in-process.ts";
import { cellsOf, runCells } from "./cell.ts";
import { CASES, type Place } from "./faults.ts";
import type { Counts } from "./report.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the faults strike: the place of the vitest project. */
    readonly place: Place;
  }
  interface TaskMeta {
    /** The result of a fault at a place; the report is made of it. */
    faults?: Counts;
  }
}

const createMirror = useMirrors();
const place = inject("place");

// Every fault at the place, in every state, for every kind of request.
it.for(CASES.filter((one) => one.place === place))("$place: $fault.name", async (one, { task }) => {
  const { complaints, ...counts } = await runCells(createMirror, cellsOf(one));
  task.meta.faults = { place: one.place, ...counts };
  expect(complaints).toEqual([]);
});
