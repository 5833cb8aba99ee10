import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client, Place, Session } from "../client/client.ts";
import { openProgram } from "../client/tool.ts";
import type { Machine } from "../machine/machine.ts";
import { LOGIN } from "../stage.ts";
import { type Mirrored, type RegistriesStage, WAYS, type Way } from "../stage-registries.ts";

/** What holds of each client that keeps images: every registry, by each way that it has. */
export function describeRegistriesOf(
  { client, ways }: { readonly client: Client; readonly ways: readonly Way[] },
  stage: () => RegistriesStage,
): void {
  let session: Session;
  beforeAll(async () => {
    session = await client.open(await placeIn(stage()));
  });
  afterAll(() => session?.close());

  test.each(ways)("pulls from every registry, by %s", async (way) => {
    for (const registry of stage().registries) {
      const { digest, config } = registry.images[way];
      const stored = await session.pull(repositoryOf(stage(), registry, way), way);
      expect(stored.digests, registry.name).toContain(digest);
      expect(stored.config ?? config, registry.name).toBe(config);
    }
  });
}

/** How a tool tells the digest of an image, and the tags of a repository. */
export interface Inspector {
  readonly machine: Machine;
  readonly program: string;
  readonly ways: readonly Way[];
  readonly digestOf: (name: string) => readonly string[];
  readonly copy: (name: string, to: string) => readonly string[];
  readonly tagsOf: (repository: string) => readonly string[];
}

/** What holds of each client that keeps nothing. */
export function describeRegistriesOfTool(tool: Inspector, stage: () => RegistriesStage): void {
  const { machine, program, digestOf, copy, tagsOf } = tool;
  let place: Place;
  let run: (...args: string[]) => Promise<string>;
  beforeAll(async () => {
    place = await placeIn(stage());
    run = await openProgram(machine, program, place);
  });

  test.each(tool.ways)("reads and copies from every registry, by %s", async (way) => {
    for (const registry of stage().registries) {
      const repository = repositoryOf(stage(), registry, way);
      for (const tag of WAYS) {
        const told = await run(...digestOf(`${repository}:${tag}`));
        expect(told, `${registry.name} ${tag}`).toContain(registry.images[tag].digest);
      }
      await run(...copy(`${repository}:${way}`, `${place.room}/${crypto.randomUUID()}`));
    }
  });

  // No tool asks a mirror for lists.
  test.each(["host", "name"] as const)("lists tags page by page, by %s", async (way) => {
    for (const registry of stage().registries) {
      const tags = await run(...tagsOf(repositoryOf(stage(), registry, way)));
      for (const tag of WAYS) expect(tags, `${registry.name} ${tag}`).toContain(tag);
    }
  });
}

async function placeIn(stage: RegistriesStage): Promise<Place> {
  const otherHosts = stage.registries.map(({ host }) => host);
  return { room: await stage.room(), host: stage.host, route: "for each registry", otherHosts };
}

/** What a client calls `owner/app` of a registry, with everything in front. */
function repositoryOf({ host }: RegistriesStage, registry: Mirrored, way: Way): string {
  const { name } = registry;
  return {
    host: `${registry.host}/owner/app`,
    name: `${host}/${name}/owner/app`,
    mirror: `${name}/owner/app`,
  }[way];
}

/** What the registries may have seen of all the clients together. */
export function describeRegistriesUpstream(stage: () => RegistriesStage): void {
  test("each registry had one GET for each of its manifests, whatever the way, and no other", () => {
    for (const { name, upstream, images } of stage().registries) {
      const digests = upstream.requests
        .filter(({ host, method }) => host === "registry" && method === "GET")
        .flatMap(({ path }) => /^\/v2\/owner\/app\/manifests\/(.*)$/.exec(path)?.[1] ?? []);
      const own = WAYS.map((way) => images[way].digest);
      expect(digests.sort(), name).toEqual(own.sort());
    }
  });

  test("no login and no Authorization of a client reached any of them", () => {
    const basic = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString("base64");
    for (const { upstream } of stage().registries) {
      expect(upstream.leaks).toEqual([]);
      expect(upstream.count({ host: "storage" })).toBeGreaterThan(0);
      const headers = upstream.requests.flatMap((request) => [...request.headers.values()]);
      expect(headers.filter((value) => value.includes(basic))).toEqual([]);
    }
    expect(stage().mirror.log()).not.toContain(basic);
  });

  test("the log has the registry of every image", () => {
    const lines =
      stage()
        .mirror.log()
        .match(/^\{"event":"request".*$/gm) ?? [];
    const entries = lines.map((line) => JSON.parse(line)).filter(({ image }) => image !== null);
    expect(new Set(entries.map(({ registry }) => registry))).toEqual(
      new Set(stage().registries.map(({ name }) => name)),
    );
    expect(new Set(entries.map(({ image }) => image))).toEqual(new Set(["owner/app"]));
  });
}
