import { oci } from "../../test/support/image.ts";
import { dockerPull } from "../client/docker-pull.ts";
import { enter } from "../client/enter.ts";
import { TYPICAL_MULTI } from "../client/image.ts";
import { pushNew, type Subject } from "../client/subject.ts";
import { type Figure, figureOfSamples, median } from "../figure.ts";
import type { Generator } from "../load/generator.ts";
import type { Mirror } from "../mirrors/mirror.ts";
import type { Ceiling } from "./ceiling.ts";
import { cpuMsPer, measureThroughput, type Sample, type Target } from "./throughput.ts";

const SECTION = "Manifests that are known, by tag";
const CONNECTIONS = 32;
const STAND_IN = "the stand-in";

/** Asks for a manifest that every mirror has been asked for before, as fast as it comes. */
export async function measureHits(
  mirrors: readonly Mirror[],
  trivial: Mirror,
  generator: Generator,
  plan: { readonly rounds: number; readonly forMs: number },
): Promise<{ readonly figures: Figure[]; readonly ceilings: Ceiling[] }> {
  const subject = await pushNew(mirrors, TYPICAL_MULTI);
  const targets = await Promise.all(mirrors.map((mirror) => warmTarget(mirror, subject)));
  const standIn = await standInTarget(mirrors, subject);
  const all = [...targets, ...standIn, trivialTarget(trivial)];
  const samples = await measureThroughput(all, generator, { ...plan, connections: CONNECTIONS });
  for (const { upstream } of mirrors) upstream.hub.reset();
  const ceiling = (name: string, of: string): Ceiling => {
    const rates = ratesOf(samples[of] ?? []);
    return { name, unit: "hits/s", value: median(rates) };
  };
  return {
    figures: figuresOf(mirrors, samples),
    ceilings: [
      ceiling("A Worker that does nothing, asked by the same generator", trivial.name),
      ceiling("The stand-in, asked for the same manifest", STAND_IN),
    ],
  };
}

async function warmTarget(mirror: Mirror, subject: Subject): Promise<Target> {
  const { name, near, process } = mirror;
  await dockerPull(near.origin, subject);
  await near.settle();
  return { ...(await manifestOf(near.origin, subject)), name, process };
}

/** All of them are alike: one is enough. */
async function standInTarget(mirrors: readonly Mirror[], subject: Subject): Promise<Target[]> {
  const [first] = mirrors;
  if (first === undefined) return [];
  const manifest = await manifestOf(first.upstream.origins.registry, subject);
  return [{ ...manifest, name: STAND_IN, process: null }];
}

function trivialTarget({ name, near, process }: Mirror): Target {
  return { name, url: near.origin, headers: {}, process };
}

async function manifestOf(origin: string, { repository, tag }: Subject) {
  const headers = { accept: `${oci.index}, ${oci.manifest}`, ...(await enter(origin, repository)) };
  return { url: `${origin}/v2/${repository}/manifests/${tag}`, headers };
}

function figuresOf(mirrors: readonly Mirror[], samples: Record<string, Sample[]>): Figure[] {
  const rates = mirrors.map(({ name }) => [name, ratesOf(samples[name] ?? [])]);
  const cpu = mirrors.map(({ name }) => {
    const ms = cpuMsPer("answers", samples[name] ?? []);
    return [name, ms === null ? null : ms * 1000];
  });
  const what = { section: SECTION, name: "rate", unit: "hits/s", better: "more" } as const;
  return [
    figureOfSamples(what, Object.fromEntries(rates)),
    {
      ...{ section: SECTION, name: "CPU of workerd", unit: "µs/hit", better: "less" },
      values: Object.fromEntries(cpu),
    },
  ];
}

function ratesOf(samples: readonly Sample[]): number[] {
  return samples.map(({ answersPerSecond }) => answersPerSecond);
}
