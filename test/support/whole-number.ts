/** @returns a whole number from 1 to `max`. Throws a RangeError for any other text. */
export function parseWhole(text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > max) throw new RangeError(text);
  return value;
}
