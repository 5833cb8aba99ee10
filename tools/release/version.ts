/** A version as releases have it: three numbers. */
export type Version = readonly [major: number, minor: number, patch: number];

/** @returns null if it is not three numbers with points between them. */
export function parseVersion(text: string): Version | null {
  const numbers = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(text)?.slice(1).map(Number);
  const [major, minor, patch] = numbers ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return null;
  return [major, minor, patch];
}

/** Whether `next` may follow `current`. */
export function isNewer(next: Version, current: Version): boolean {
  const at = next.findIndex((number, index) => number !== current[index]);
  return at !== -1 && (next[at] ?? 0) > (current[at] ?? 0);
}
