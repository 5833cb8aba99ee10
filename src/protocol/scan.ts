/**
 * Matches a sticky pattern just there; where it ends is then its `lastIndex`.
 *
 * @returns null if it does not match at that place.
 */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
