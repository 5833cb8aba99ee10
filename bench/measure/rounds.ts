/**
 * The order of things in one round: each round begins with another, so that whatever changes on the
 * machine meanwhile meets all of them alike.
 */
export function rotate<T>(things: readonly T[], round: number): T[] {
  const start = round % Math.max(1, things.length);
  return [...things.slice(start), ...things.slice(0, start)];
}
