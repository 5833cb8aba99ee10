import type { Mirror } from "../handler/support/mirror.ts";
import type { MirrorOptions } from "../handler/support/options.ts";
import { runCell } from "./cell.ts";
import type { Cell } from "./oracle.ts";

/** Beyond this the clock of the cell does not tell what is waited for. */
const MAX_REAL_MS = 20_000;

/** @returns a line for each cell that does not come out as the oracle says; none if all do. */
export async function runCells(
  createMirror: (options: MirrorOptions) => Mirror,
  cells: readonly Cell[],
): Promise<string[]> {
  const lines: string[] = [];
  for (const cell of cells) {
    const complaints = await inTime(runCell(createMirror, cell));
    if (complaints.length > 0) {
      lines.push(`${cell.state.name}, ${cell.request.name}: ${complaints.join("; ")}`);
    }
  }
  return lines;
}

/** A cell that hangs, or that throws, is told like any other. */
async function inTime(result: Promise<readonly string[]>): Promise<readonly string[]> {
  const { promise: tooLong, resolve } = Promise.withResolvers<readonly string[]>();
  const timer = setTimeout(() => resolve([`no end after ${MAX_REAL_MS} ms`]), MAX_REAL_MS);
  const failed = (error: unknown) => [`threw ${error}`];
  return Promise.race([result.catch(failed), tooLong]).finally(() => clearTimeout(timer));
}
