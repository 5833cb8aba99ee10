import { parseArgs } from "node:util";

/** What setup is asked to do. */
export interface Options {
  /** Ask and show, but write and store nothing. */
  readonly isDryRun: boolean;
}

export const USAGE = `npm run setup                 asks, shows what would change, and changes it
npm run setup -- --dry-run    … and changes nothing`;

/** Null when the arguments make no sense. */
export function parseOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { "dry-run": { type: "boolean", default: false } },
    });
    return { isDryRun: values["dry-run"] };
  } catch {
    return null;
  }
}
