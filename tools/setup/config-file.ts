import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import type { ConfigFile } from "./world.ts";

/** A file that is replaced as a whole: whatever interrupts the writing leaves the old one. */
export function createConfigFile(path: string): ConfigFile {
  return {
    read: () => readFile(path, "utf8"),
    async write(text) {
      const draft = `${path}.${process.pid}.tmp`;
      try {
        const { mode } = await stat(path);
        await writeFile(draft, text, { mode });
        await rename(draft, path);
      } finally {
        await rm(draft, { force: true });
      }
    },
  };
}
