/** @returns whether somebody wants to be told how a tool is used, and nothing else. */
export function wantsHelp(args: readonly string[]): boolean {
  return args.includes("--help") || args.includes("-h");
}
