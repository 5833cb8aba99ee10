import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client, Place, Session } from "./client.ts";
import { describeClients, describeEach } from "./clients.ts";
import {
  LOGIN,
  type Mirrored,
  openRegistries,
  type RegistriesSetup,
  WAYS,
  type Way,
} from "./setup.ts";
import { openTool, type Run, type Tool } from "./tools.ts";

describeClients("with a mirror of several registries", () => {
  let setup: RegistriesSetup;
  beforeAll(async () => {
    setup = await openRegistries();
  });
  afterAll(() => setup?.close());

  describeEach((entry) => {
    if (entry.tool === null) describeClient(entry.client, entry.ways);
    else describeTool(entry.tool);
  });

  function describeClient(client: Client, ways: readonly Way[]): void {
    let session: Session;
    beforeAll(async () => {
      session = await client.open(await createPlace());
    });
    afterAll(() => session?.close());

    test.each(ways)("pulls from every registry, by %s", async (way) => {
      for (const registry of setup.registries) {
        const { digest, config } = registry.images[way];
        const stored = await session.pull(repositoryOf(registry, way), way);
        expect(stored.digests, registry.name).toContain(digest);
        expect(stored.config ?? config, registry.name).toBe(config);
      }
    });
  }

  function describeTool(tool: Tool): void {
    let place: Place;
    let run: Run;
    beforeAll(async () => {
      place = await createPlace();
      run = await openTool(tool, place);
    });

    test.each(tool.ways)("reads and copies from every registry, by %s", async (way) => {
      for (const registry of setup.registries) {
        const repository = repositoryOf(registry, way);
        for (const tag of WAYS) {
          const printed = await run(...tool.digestOf(`${repository}:${tag}`));
          expect(printed, `${registry.name} ${tag}`).toContain(registry.images[tag].digest);
        }
        await run(...tool.copy(`${repository}:${way}`, `${place.home}/${crypto.randomUUID()}`));
      }
    });

    // No tool requests lists from a mirror.
    test.each(["host", "name"] as const)("lists tags page by page, by %s", async (way) => {
      for (const registry of setup.registries) {
        const tags = await run(...tool.tagsOf(repositoryOf(registry, way)));
        for (const tag of WAYS) expect(tags, `${registry.name} ${tag}`).toContain(tag);
      }
    });
  }

  describe("after all clients", () => {
    test("each registry had one GET for each of its manifests, whatever the way, and no other", () => {
      for (const { name, upstream, images } of setup.registries) {
        const digests = upstream.requests
          .filter(({ host, method }) => host === "registry" && method === "GET")
          .flatMap(({ path }) => /^\/v2\/owner\/app\/manifests\/(.*)$/.exec(path)?.[1] ?? []);
        const own = WAYS.map((way) => images[way].digest);
        expect(digests.sort(), name).toEqual(own.sort());
      }
    });

    test("no login and no Authorization of a client reached any of them", () => {
      const basic = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString("base64");
      for (const { upstream } of setup.registries) {
        expect(upstream.leaks).toEqual([]);
        expect(upstream.count({ host: "storage" })).toBeGreaterThan(0);
        const headers = upstream.requests.flatMap((request) => [...request.headers.values()]);
        expect(headers.filter((value) => value.includes(basic))).toEqual([]);
      }
      expect(setup.mirror.log()).not.toContain(basic);
    });

    test("the log has the registry of every image", () => {
      const lines = setup.mirror.log().match(/^\{"event":"request".*$/gm) ?? [];
      const entries = lines.map((line) => JSON.parse(line)).filter(({ image }) => image !== null);
      expect(new Set(entries.map(({ registry }) => registry))).toEqual(
        new Set(setup.registries.map(({ name }) => name)),
      );
      expect(new Set(entries.map(({ image }) => image))).toEqual(new Set(["owner/app"]));
    });
  });

  async function createPlace(): Promise<Place> {
    const otherHosts = setup.registries.map(({ host }) => host);
    return { home: await setup.home(), host: setup.host, route: "for each registry", otherHosts };
  }

  /** The full name of `owner/app` of a registry for a client. */
  function repositoryOf({ host, name }: Mirrored, way: Way): string {
    return {
      host: `${host}/owner/app`,
      name: `${setup.host}/${name}/owner/app`,
      mirror: `${name}/owner/app`,
    }[way];
  }
});
