import { dockerPull } from "../client/docker-pull.ts";
import { type ImageShape, SMALL_MULTI, SMALL_SINGLE } from "../client/image.ts";
import { pushNew } from "../client/subject.ts";
import type { Figure } from "../figure.ts";
import type { Mirror } from "../mirrors/mirror.ts";
import { TAG_WINDOW_MS } from "./scenarios.ts";

const PULLS = 100;
const SECTION = "A hundred pulls of one image version";
const SHAPES = { "single-arch": SMALL_SINGLE, "multi-arch": SMALL_MULTI };

/** Pulls an image a hundred times, a tag window apart where the mirror's clock can be set. */
export async function measureQuota(mirrors: readonly Mirror[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [kind, shape] of Object.entries(SHAPES)) {
    const quota: Record<string, number> = {};
    const kvWrites: Record<string, number | null> = {};
    for (const mirror of mirrors) {
      const spent = await pullAgainAndAgain(mirror, shape);
      quota[mirror.name] = spent.quota;
      kvWrites[mirror.name] = spent.kvWrites;
    }
    const what = { section: SECTION, better: "less" } as const;
    figures.push(
      { ...what, name: `${kind}, quota`, unit: "pulls", values: quota },
      { ...what, name: `${kind}, KV writes`, unit: "operations", values: kvWrites },
    );
  }
  return figures;
}

async function pullAgainAndAgain(mirror: Mirror, shape: ImageShape) {
  const { near, upstream, letPass } = mirror;
  const subject = await pushNew([mirror], shape);
  const before = await near.settle();
  upstream.hub.reset();
  for (let pulled = 0; pulled < PULLS; pulled += 1) {
    await dockerPull(near.origin, subject);
    await letPass?.(TAG_WINDOW_MS);
  }
  const after = await near.settle();
  return {
    quota: upstream.hub.pulls(),
    kvWrites: before && after && after.kvWrites - before.kvWrites,
  };
}
