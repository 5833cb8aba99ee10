/**
 * Matches a sticky pattern at a position. Its `lastIndex` is then the end of the match.
 *
 * @returns null if the pattern does not match there.
 */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
