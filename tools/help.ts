/**
 * Tells on stdout how a tool is used, if somebody wants to know that and nothing else.
 *
 * @returns whether it did.
 */
export function tellsUsage(args: readonly string[], usage: string): boolean {
  if (!args.includes("--help") && !args.includes("-h")) return false;
  process.stdout.write(`${usage}\n`);
  return true;
}
