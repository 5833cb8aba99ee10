import { describe, expect, it } from "vitest";
import { useMirrors } from "../../support/mirror/in-process.ts";
import { runCells, sliceOf } from "./cell.ts";
import { CASES } from "./faults.ts";

const createMirror = useMirrors();

describe("whatever goes wrong, a client gets the right bytes or a clean failure", () => {
  it.each(CASES)("$place: $fault.name", async (one) => {
    expect((await runCells(createMirror, sliceOf(one))).complaints).toEqual([]);
  });
});
