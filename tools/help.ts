/**
 * Prints a tool's usage on stdout if the arguments have `--help` or `-h`.
 *
 * @returns whether it did.
 */
export function showHelp(args: readonly string[], usage: string): boolean {
  if (!args.includes("--help") && !args.includes("-h")) return false;
  process.stdout.write(`${usage}\n`);
  return true;
}
