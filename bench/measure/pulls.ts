import type { Figure } from "../figure.ts";
import type { Mirror } from "../mirrors/mirror.ts";
import { countScenarios, type PullCounts, SCENARIOS } from "./scenarios.ts";

/** What is told of each scenario, a section each. */
const COUNTED: readonly {
  readonly section: string;
  readonly unit: Figure["unit"];
  readonly of: (counts: PullCounts) => number | null;
}[] = [
  { section: "Upstream requests of a pull", unit: "requests", of: ({ upstream }) => upstream },
  {
    section: "Upstream requests for the manifests",
    unit: "requests",
    of: ({ metadata }) => metadata,
  },
  { section: "Docker Hub's quota, a pull", unit: "pulls", of: ({ quota }) => quota },
  store("KV reads of a pull", "kvReads"),
  store("KV writes of a pull", "kvWrites"),
  store("R2 reads of a pull (class B)", "r2Reads"),
  store("R2 writes of a pull (class A)", "r2Writes"),
];

/** Counts what single pulls cost each mirror. */
export async function measurePulls(mirrors: readonly Mirror[]): Promise<Figure[]> {
  const counted = new Map<string, Awaited<ReturnType<typeof countScenarios>>>();
  for (const mirror of mirrors) {
    const scenarios = await countScenarios(mirror).catch((cause) => {
      throw new Error(explain(mirror, cause), { cause });
    });
    counted.set(mirror.name, scenarios);
  }
  return COUNTED.flatMap(({ section, unit, of }) =>
    SCENARIOS.map((name) => {
      const values = [...counted].map(([mirror, scenarios]) => {
        const counts = scenarios[name];
        return [mirror, counts === undefined ? null : of(counts)] as const;
      });
      return { section, name, unit, better: "less", values: Object.fromEntries(values) };
    }),
  );
}

function explain({ name, near, upstream }: Mirror, cause: Error): string {
  const mirror = `${name} at ${near.origin}, whose upstream should be ${upstream.origins.registry},`;
  return `${mirror} does not serve a pull: ${cause.message}`;
}

function store(section: string, operation: keyof NonNullable<PullCounts["stores"]>) {
  const of = ({ stores }: PullCounts) => stores?.[operation] ?? null;
  return { section, unit: "operations", of } as const;
}
