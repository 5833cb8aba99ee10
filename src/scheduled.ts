import { sweepBlobs } from "./cache/blob-store.ts";
import { type Config, configOf } from "./config.ts";
import type { Env } from "./env.ts";
import { describeCause } from "./log.ts";
import { keepWarm } from "./mirror/keep-warm.ts";
import type { Outside } from "./outside.ts";
import { wire } from "./wire.ts";

/**
 * What a cron trigger has done: old blobs deleted, the tags that clients pull kept warm. A line in
 * the log tells of each.
 *
 * @returns never rejects: one that fails does not keep the other from being done.
 */
export async function tend(env: Env, outside: Outside): Promise<void> {
  await attempt("sweep", outside, () =>
    sweep(env, configOf(env, outside.isolate.configs), outside),
  );
  await attempt("warm", outside, () => warm(env, configOf(env, outside.isolate.configs), outside));
}

async function sweep(env: Env, { blobKeepMs: keepMs }: Config, { now, log }: Outside) {
  if (env.BLOBS === undefined) return;
  log("sweep", { deletedBlobs: await sweepBlobs(env.BLOBS, { now, keepMs }) });
}

async function warm(env: Env, config: Config, outside: Outside): Promise<void> {
  const context = wire(outside, env, config, null);
  const report = await keepWarm(
    context,
    1000 * Math.max(config.tagTtlSeconds, config.staleTtlSeconds),
  );
  outside.log("warm", { ...report, upstreamRequests: context.trace.upstreamRequests });
}

async function attempt(event: string, { log }: Outside, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    log(event, { reason: describeCause(cause) });
  }
}
