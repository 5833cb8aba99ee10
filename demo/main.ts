import { keepUp } from "./keep-up.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { isFree } from "./port.ts";
import { show } from "./show.ts";
import { setStage } from "./stage.ts";
import { createStyle } from "./style.ts";

/** What a shell reports of a program that Ctrl-C has ended. */
const INTERRUPTED = 130;

process.exitCode = await main(parseOptions(process.argv.slice(2)));

async function main(options: Options | null): Promise<number> {
  if (options === null) return complain(USAGE);
  const { serve, port } = options;
  if (port !== null && !(await isFree(port))) {
    return complain(`Port ${port} is taken. Free it, or choose another with --port.`);
  }
  const interrupted = Promise.withResolvers<number>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => interrupted.resolve(serve ? 0 : INTERRUPTED));
  }
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
