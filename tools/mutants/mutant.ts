/** One mistake that a mirror can make, and the tests that ought to notice it. */
export interface Mutant {
  /** What the mirror then does, such as `drops Range`. */
  readonly name: string;
  /** Below `src/`. */
  readonly file: string;
  /** What occurs exactly once in the file, and what takes its place. */
  readonly from: string;
  readonly to: string;
  /** Below `test/`, without `.test.ts`; they run in workerd. */
  readonly tests: readonly string[];
}

/**
 * @param source of the mutant's file.
 * @returns the source with the mistake in it.
 * @throws Error that names the mutant, if there is not exactly one place for it.
 */
export function applyMutant(source: string, { name, file, from, to }: Mutant): string {
  const [before = "", after, ...more] = source.split(from);
  if (after !== undefined && more.length === 0) return `${before}${to}${after}`;
  const times = after === undefined ? "nowhere" : "more than once";
  throw new Error(`"${name}": what it replaces occurs ${times} in src/${file}`);
}
