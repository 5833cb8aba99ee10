import { showHelp } from "../tools/help.ts";
import { keepUp } from "./keep-up.ts";
import { parseOptions, USAGE } from "./options.ts";
import { parentGone } from "./parent.ts";
import { isFree } from "./port.ts";
import { show } from "./show.ts";
import { setStage } from "./stage.ts";
import { createStyle } from "./style.ts";

/** What a shell reports of a program that Ctrl-C has ended. */
const INTERRUPTED = 130;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (showHelp(args, USAGE)) return 0;
  const options = parseOptions(args);
  if (options === null) return complain(USAGE);
  const { serve, port } = options;
  if (port !== null && !(await isFree(port))) {
    return complain(`Port ${port} is taken. Free it, or choose another with --port.`);
  }
  const interrupted = Promise.withResolvers<number>();
  const end = () => interrupted.resolve(serve ? 0 : INTERRUPTED);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  void parentGone().then(end);
  const stage = await setStage(port);
  const style = createStyle();
  try {
    if (serve) return await keepUp(stage, interrupted.promise, style);
    return await Promise.race([show(stage, style), interrupted.promise]);
  } catch (error) {
    return complain(`The demo failed: ${(error as Error).message}`);
  } finally {
    await stage.close();
  }
}

function complain(text: string): number {
  process.stderr.write(`${text}\n`);
  return 1;
}
