import { spawn } from "node:child_process";
import { once } from "node:events";
import { configArguments, WRANGLER } from "./config.ts";

process.exitCode = await main(process.argv.slice(2));

/** Runs wrangler in this terminal, with the owner's settings. @returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    // npm runs its scripts in the folder of package.json.
    const config = configArguments(process.cwd());
    const child = spawn(process.execPath, [WRANGLER, ...args, ...config], { stdio: "inherit" });
    // The terminal sends Ctrl-C to both; this process ends after wrangler.
    process.on("SIGINT", () => undefined);
    for (const signal of ["SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => void child.kill(signal));
    }
    const [code] = await once(child, "exit");
    return typeof code === "number" ? code : 1;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}
