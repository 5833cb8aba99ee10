import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** The directory of miniflare's KV databases. */
const NAMESPACES = "v3/kv/miniflare-KVNamespaceObject";

/** @returns the keys in KV of a mirror that persists to this directory, sorted. */
export async function kvKeys(persistTo: string): Promise<string[]> {
  const directory = join(persistTo, NAMESPACES);
  const files = (await readdir(directory).catch(() => [])).filter(
    (file) => file.endsWith(".sqlite") && file !== "metadata.sqlite",
  );
  return files
    .flatMap((file) => {
      const database = new DatabaseSync(join(directory, file), { readOnly: true });
      try {
        return database.prepare("SELECT key FROM _mf_entries").all();
      } catch {
        // The table does not exist before the first write.
        return [];
      } finally {
        database.close();
      }
    })
    .map(({ key }) => String(key))
    .sort();
}
