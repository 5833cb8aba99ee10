import { execFileSync } from "node:child_process";

/** @returns what a program prints. @throws with its name and complaint if it fails. */
export function run(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): string {
  return execFileSync(file, args, { ...options, encoding: "utf8", stdio: "pipe" }).trim();
}
