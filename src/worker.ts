import type { Env } from "./env.ts";
import { handle } from "./handle.ts";
import { createIsolate } from "./isolate.ts";
import { createLog } from "./log.ts";
import type { Outside } from "./outside.ts";
import { runScheduled } from "./scheduled.ts";

const isolate = createIsolate();
const log = createLog();

/** The Worker. */
export default {
  fetch: (request, env, context) => handle(request, env, outsideOf(context)),
  scheduled: (_controller, env, context) => runScheduled(env, outsideOf(context)),
} satisfies ExportedHandler<Env>;

/** The outside world, handed to what does the work. */
function outsideOf(context: ExecutionContext): Outside {
  return {
    isolate,
    log,
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    random: () => Math.random(),
    startTimer(ms, fire) {
      const timer = setTimeout(fire, ms);
      return () => clearTimeout(timer);
    },
    later: (work) => context.waitUntil(work),
    openCache: () => caches.open("sampan"),
  };
}
