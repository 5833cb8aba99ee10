import type { Figure } from "../figure.ts";
import type { Mirror } from "../mirrors/mirror.ts";

const KIB_BYTES = 1024;

/** How large the Workers are that the bench runs itself. */
export function measureBundles(mirrors: readonly Mirror[]): Figure[] {
  const figure = (name: string, of: "bytes" | "gzipBytes"): Figure => {
    const values = mirrors.map(({ name, bundle }) => [name, bundle && bundle[of] / KIB_BYTES]);
    const what = { section: "Bundle", unit: "KiB", better: "less" } as const;
    return { ...what, name, values: Object.fromEntries(values) };
  };
  return [figure("as deployed", "bytes"), figure("gzipped", "gzipBytes")];
}
