import { env, waitUntil } from "cloudflare:workers";
import type { Env } from "./config/settings.ts";
import { createHandler } from "./handle.ts";
import { createIsolate } from "./isolate.ts";
import { consoleLog } from "./platform/log.ts";

const handle = createHandler(
  env as Env,
  {
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    random: () => Math.random(),
    startTimer(ms, fire) {
      const timer = setTimeout(fire, ms);
      return () => clearTimeout(timer);
    },
    waitUntil: (work) => waitUntil(work),
    openCache: () => caches.open("sampan"),
    log: consoleLog,
  },
  createIsolate(),
);

/** The Worker. */
export default { fetch: (request) => handle(request) } satisfies ExportedHandler<Env>;
