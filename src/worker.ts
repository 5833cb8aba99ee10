import type { Env } from "./env.ts";
import { handle } from "./handle.ts";
import { createIsolate } from "./isolate.ts";
import { createLog } from "./log.ts";

const isolate = createIsolate();
const log = createLog();

/** The Worker: the outside world, handed to what does the work. */
export default {
  fetch(request, env, context) {
    return handle(request, env, {
      isolate,
      log,
      fetch: (input, init) => fetch(input, init),
      now: () => Date.now(),
      startTimer(ms, fire) {
        const timer = setTimeout(fire, ms);
        return () => clearTimeout(timer);
      },
      later: (work) => context.waitUntil(work),
      openCache: () => caches.open("sampan"),
    });
  },
} satisfies ExportedHandler<Env>;
