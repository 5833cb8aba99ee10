import type { ServedHub } from "../../test/support/serve.ts";
import type { NamedPlace } from "../options.ts";
import { bundle, readBundle } from "./bundle.ts";
import { connectMirror, type Mirror, startMirror, type WorkerOptions } from "./mirror.ts";

/** Who is measured: the same Workers can be started any number of times. */
export interface Cast {
  /** This mirror without and with R2, the peer, and whatever else was asked for. */
  readonly workers: readonly WorkerOptions[];
  readonly trivial: WorkerOptions;
  /** Mirrors that run elsewhere. */
  readonly mirrors: readonly NamedPlace[];
}

/** Bundles this mirror and its peer, and reads the other Workers. */
export async function prepareCast(
  others: readonly NamedPlace[],
  mirrors: readonly NamedPlace[],
): Promise<Cast> {
  const [own, peer, trivial] = await Promise.all([
    bundle("src/worker.ts"),
    bundle("bench/peers/pass-through.ts"),
    bundle("bench/peers/trivial.ts"),
  ]);
  const workers = [
    { name: "sampan", bundle: own, hasBlobs: false },
    { name: "sampan-r2", bundle: own, hasBlobs: true },
    { name: "pass-through", bundle: peer, hasBlobs: false },
  ];
  for (const { name, place } of others) {
    workers.push({ name, bundle: await readBundle(place), hasBlobs: true });
  }
  return { workers, trivial: { name: "trivial", bundle: trivial, hasBlobs: false }, mirrors };
}

/**
 * Has everybody up while `work` goes on.
 *
 * @param upstream what mirrors that run elsewhere ask; null if there are none.
 */
export async function withMirrors<T>(
  { workers, mirrors }: Cast,
  upstream: ServedHub | null,
  work: (mirrors: readonly Mirror[]) => Promise<T>,
): Promise<T> {
  const up: Mirror[] = [];
  try {
    for (const worker of workers) up.push(await startMirror(worker));
    for (const { name, place } of mirrors) {
      if (upstream !== null) up.push(connectMirror(name, place, upstream));
    }
    return await work(up);
  } finally {
    for (const mirror of up) await mirror.close();
  }
}
