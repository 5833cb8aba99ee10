import { dockerPull } from "../client/docker-pull.ts";
import { enter } from "../client/enter.ts";
import { LARGE_LAYER } from "../client/image.ts";
import { pushNew, type Subject } from "../client/subject.ts";
import { type Figure, figureOfSamples, median } from "../figure.ts";
import type { Generator } from "../load/generator.ts";
import type { Mirror } from "../mirrors/mirror.ts";
import type { Ceiling } from "./ceiling.ts";
import { cpuMsPer, measureThroughput, type Sample, type Target } from "./throughput.ts";

const SECTION = "Blobs that are known, of 8 MiB";
const AT_ONCE = [1, 8, 32];
const STAND_IN = "the stand-in";
const MIB_BYTES = 1024 ** 2;
const GIB_BYTES = 1024 ** 3;

/** Asks for a large layer that has been pulled before, by more and more clients at once. */
export async function measureBlobs(
  mirrors: readonly Mirror[],
  generator: Generator,
  plan: { readonly rounds: number; readonly forMs: number },
): Promise<{ readonly figures: Figure[]; readonly ceilings: Ceiling[] }> {
  const subject = await pushNew(mirrors, LARGE_LAYER);
  const digest = largestBlob(subject);
  const warmed = mirrors.map((mirror) => warmTarget(mirror, subject, digest));
  const targets = [
    ...(await Promise.all(warmed)),
    ...(await signedTarget(mirrors, subject, digest)),
  ];
  const figures: Figure[] = [];
  const ceilings: Ceiling[] = [];
  const total: Record<string, Sample[]> = {};
  for (const connections of AT_ONCE) {
    const samples = await measureThroughput(targets, generator, { ...plan, connections });
    for (const { name } of targets)
      total[name] = [...(total[name] ?? []), ...(samples[name] ?? [])];
    figures.push(rateFigure(mirrors, samples, connections));
    const name = `The stand-in's storage, ${connections} at once`;
    ceilings.push({ name, unit: "MiB/s", value: median(ratesOf(samples[STAND_IN])) });
  }
  for (const { upstream } of mirrors) upstream.hub.reset();
  return { figures: [...figures, cpuFigure(mirrors, total)], ceilings };
}

function largestBlob({ image }: Subject): string {
  const [[digest] = [""]] = [...image.blobs].sort(([, a], [, b]) => b.length - a.length);
  return digest;
}

async function warmTarget(mirror: Mirror, subject: Subject, digest: string): Promise<Target> {
  const { name, near, process } = mirror;
  await dockerPull(near.origin, subject);
  await near.settle();
  const headers = await enter(near.origin, subject.repository);
  return { name, process, headers, url: blobUrl(near.origin, subject, digest) };
}

/** What a blob's redirect leads to: nothing but storage, whose signature outlives the run. */
async function signedTarget(
  mirrors: readonly Mirror[],
  subject: Subject,
  digest: string,
): Promise<Target[]> {
  const origin = mirrors[0]?.upstream.origins.registry;
  if (origin === undefined) return [];
  const headers = await enter(origin, subject.repository);
  const redirect = await fetch(blobUrl(origin, subject, digest), { headers, redirect: "manual" });
  await redirect.arrayBuffer();
  const url = redirect.headers.get("location");
  return url === null ? [] : [{ name: STAND_IN, url, headers: {}, process: null }];
}

function blobUrl(origin: string, { repository }: Subject, digest: string): string {
  return `${origin}/v2/${repository}/blobs/${digest}`;
}

function rateFigure(
  mirrors: readonly Mirror[],
  samples: Record<string, Sample[]>,
  connections: number,
): Figure {
  const rates = mirrors.map(({ name }) => [name, ratesOf(samples[name])]);
  const what = { section: SECTION, unit: "MiB/s", better: "more" } as const;
  return figureOfSamples(
    { ...what, name: `rate, ${connections} at once` },
    Object.fromEntries(rates),
  );
}

function cpuFigure(mirrors: readonly Mirror[], samples: Record<string, Sample[]>): Figure {
  const cpu = mirrors.map(({ name }) => {
    const ms = cpuMsPer("bytes", samples[name] ?? []);
    return [name, ms === null ? null : ms * GIB_BYTES];
  });
  const what = {
    section: SECTION,
    name: "CPU of workerd",
    unit: "ms/GiB",
    better: "less",
  } as const;
  return { ...what, values: Object.fromEntries(cpu) };
}

function ratesOf(samples: readonly Sample[] = []): number[] {
  return samples.map(({ bytesPerSecond }) => bytesPerSecond / MIB_BYTES);
}
