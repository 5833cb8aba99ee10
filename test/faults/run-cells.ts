import type { Mirror, MirrorOptions } from "../support/mirror/in-process.ts";
import { type CellResult, runCell } from "./cell.ts";
import type { Cell } from "./oracle.ts";

/** What came of some cells. */
export interface CellsResult {
  readonly cells: number;
  /** Those whose request made a call that went wrong. */
  readonly met: number;
  /** Those that came out as the oracle says. */
  readonly survived: number;
  /** A line for each that did not. */
  readonly complaints: readonly string[];
}

/** Beyond this the clock of the cell does not tell what is waited for. */
const MAX_REAL_MS = 20_000;

/** Runs one cell after the other. */
export async function runCells(
  createMirror: (options: MirrorOptions) => Mirror,
  cells: readonly Cell[],
): Promise<CellsResult> {
  let [met, survived] = [0, 0];
  const complaints: string[] = [];
  for (const cell of cells) {
    const result = await inTime(runCell(createMirror, cell));
    if (result.isMet) met += 1;
    if (result.complaints.length === 0) survived += 1;
    else complaints.push(lineOf(cell, result));
  }
  return { cells: cells.length, met, survived, complaints };
}

function lineOf({ state, request }: Cell, { complaints }: CellResult): string {
  return `${state.name}, ${request.name}: ${complaints.join("; ")}`;
}

/** A cell that hangs, or that throws, is told like any other. */
async function inTime(result: Promise<CellResult>): Promise<CellResult> {
  const { promise: tooLong, resolve } = Promise.withResolvers<CellResult>();
  const fail = (complaint: string) => ({ isMet: false, complaints: [complaint] });
  const timer = setTimeout(() => resolve(fail(`no end after ${MAX_REAL_MS} ms`)), MAX_REAL_MS);
  const failed = (error: unknown) => fail(`threw ${error}`);
  return Promise.race([result.catch(failed), tooLong]).finally(() => clearTimeout(timer));
}
