import { askYesNo } from "./ask.ts";
import type { Present } from "./present.ts";
import type { Terminal } from "./world.ts";

/** @returns whether layers are kept in R2. */
export function askBlobs(terminal: Terminal, present: Present): Promise<boolean> {
  terminal.say(`
Layers. Kept in R2, they are there when Docker Hub is not. 10 GB are free; enable R2 in the
dashboard first (it asks for a payment method), or the deploy fails.`);
  return askYesNo(terminal, "Keep layers in R2?", present.hasBlobs);
}
