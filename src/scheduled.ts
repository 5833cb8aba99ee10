import { sweepBlobs } from "./cache/blob-sweep.ts";
import { type Config, configOf } from "./config.ts";
import type { Env } from "./env.ts";
import { describeCause } from "./log.ts";
import { keepWarm } from "./mirror/keep-warm.ts";
import { hourOf, inTurn } from "./mirror/turn.ts";
import type { Outside } from "./outside.ts";
import { wire } from "./wire.ts";

/**
 * What a cron trigger has done: old blobs deleted, the tags that clients pull kept warm. A line in
 * the log tells of each.
 *
 * @returns never rejects: one that fails does not keep the other from being done.
 */
export async function runScheduled(env: Env, outside: Outside): Promise<void> {
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
  const lobby = wire(outside, env, config, null);
  const lifeMs = 1000 * Math.max(config.tagTtlSeconds, config.staleTtlSeconds);
  for (const registry of inTurn(config.registries.all, hourOf(outside.now()))) {
    const before = lobby.trace.upstreamRequests;
    const report = await keepWarm(await lobby.enter(registry), lifeMs);
    const upstreamRequests = lobby.trace.upstreamRequests - before;
    outside.log("warm", { registry: registry.name, ...report, upstreamRequests });
  }
}

async function attempt(event: string, { log }: Outside, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    log(event, { reason: describeCause(cause) });
  }
}
