const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** @returns an amount of bytes for people, e.g. `1.2 KiB`; `?` for null. */
export function readableBytes(bytes: number | null): string {
  if (bytes === null) return "?";
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  const amount = bytes / 1024 ** power;
  return `${power === 0 ? amount : amount.toFixed(1)} ${UNITS[power]}`;
}

/** @returns a time span for people, e.g. `12 ms` or `3.4 s`. */
export function readableMs(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @returns e.g. `1 warning`, `2 warnings`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
