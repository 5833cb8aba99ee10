import { describe, expect, it } from "vitest";
import { useMirrors } from "../support/mirror/in-process.ts";
import { allCases, sliceOf } from "./matrix.ts";
import { runCells } from "./run-cells.ts";

const createMirror = useMirrors();
/** For a machine that has other things to do. */
const MAX_MS = 60_000;

describe("whatever goes wrong, a client gets the right bytes or a clean failure", () => {
  it.each(allCases())(
    "$place: $fault.name",
    async (one) => {
      expect((await runCells(createMirror, sliceOf(one))).complaints).toEqual([]);
    },
    MAX_MS,
  );
});
