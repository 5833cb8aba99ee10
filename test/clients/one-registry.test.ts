import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client, Session } from "./client.ts";
import {
  ABSENT,
  describeClients,
  describeEach,
  expectCopy,
  expectPulls,
  type OpenTool,
  openToolIn,
  ROUTES,
} from "./clients.ts";
import { LOGIN, openSetup, type Setup } from "./setup.ts";
import type { Tool } from "./tools.ts";

/** A client's error for an image that the mirror does not have. */
const NOT_FOUND = {
  "by name": /not found|manifest unknown/i,
  // It goes on to Docker Hub itself, which cannot be reached from here.
  "for docker.io": /not found|registry-1\.docker\.io/i,
};

// `.ci/clients.sh` installs them all. Without them the other tests still run.
if (ABSENT.length > 0) console.warn(["Clients that are not tested:", ...ABSENT].join("\n  "));

test.runIf(process.env.SAMPAN_REQUIRE_CLIENTS)("every client is installed", () => {
  expect(ABSENT).toEqual([]);
});

describeClients("with a mirror of docker-registry", () => {
  let setup: Setup;
  beforeAll(async () => {
    setup = await openSetup();
  });
  afterAll(() => setup?.close());

  describeEach(({ client, tool }) => {
    if (tool === null) describeClient(client);
    else describeTool(tool);
  });

  function describeClient(client: Client): void {
    describe.each(ROUTES)("the mirror %s", (route) => {
      let session: Session;
      const open = async () => client.open({ home: await setup.home(), host: setup.host, route });
      beforeAll(async () => {
        session = await open();
      });
      afterAll(() => session?.close());

      test("pulls images of every format, small and large", async () => {
        await expectPulls(session, setup.images.all);
      });

      test("pulls by digest", async () => {
        const byDigest = setup.images.small.map((one) => ({ ...one, tag: one.digest }));
        await expectPulls(session, byDigest);
      });

      test("reports that an image does not exist", async () => {
        const pull = session.pull("library/busybox", "none-such");
        await expect(pull).rejects.toThrow(NOT_FOUND[route]);
      });

      test("pulls everything again while the upstream refuses everyone", async () => {
        await setup.upstream.whileRefusing(() => expectPulls(session, setup.images.all));
      });

      test("pulls small ones into an empty store while the upstream refuses everyone", async () => {
        const empty = await open();
        const pulls = () => expectPulls(empty, setup.images.small);
        await setup.upstream.whileRefusing(pulls).finally(empty.close);
      });
    });
  }

  function describeTool(tool: Tool): void {
    describe.each(tool.routes)("the mirror %s", (route) => {
      let opened: OpenTool;
      beforeAll(async () => {
        opened = await openToolIn(setup, tool, route);
      });

      test("reads and copies images of every format", async () => {
        for (const subject of setup.images.all) await expectCopy(tool, opened, subject);
      });

      test("does so again for small ones while the upstream refuses everyone", async () => {
        await setup.upstream.whileRefusing(async () => {
          for (const subject of setup.images.small) await expectCopy(tool, opened, subject);
        });
      });

      test.runIf(route === "by name")("lists tags page by page", async () => {
        const { large, tagsOfLarge } = setup.images;
        const list = await opened.run(...tool.tagsOf(opened.repository(large)));
        expect(list.match(/[\w.-]+/g)).toEqual(expect.arrayContaining([...tagsOfLarge]));
      });

      test.runIf(tool.program === "crane")("pulls an index", async () => {
        const { large } = setup.images;
        const layout = join(opened.home, "layout");
        await opened.run("pull", "--format=oci", opened.name(large), layout);
        expect(await readFile(join(layout, "index.json"), "utf8")).toContain(large.digest);
      });

      test.runIf(tool.program === "oras")("discovers and copies a signature", async () => {
        const { large, signature } = setup.images;
        const found = await opened.run("discover", "--plain-http", opened.name(large));
        expect(found).toContain(signature);
        const to = join(opened.home, "signature");
        await opened.run(...tool.copy(`${opened.repository(large)}@${signature}`, to));
      });
    });
  }

  describe("after all clients", () => {
    test("the upstream had one GET for each manifest, by digest", () => {
      const paths = setup.upstream.requests
        .filter(({ host, method }) => host === "registry" && method === "GET")
        .map(({ path }) => path)
        .filter((path) => path.includes("/manifests/"));
      expect(paths.length).toBeGreaterThan(0);
      expect(paths).toEqual([...new Set(paths)]);
      expect(paths.filter((path) => !path.includes("/sha256:"))).toEqual([]);
    });

    test("the storage received no Authorization, and no host a header of the clients", () => {
      const { leaks, count } = setup.upstream;
      expect(count({ host: "storage" })).toBeGreaterThan(0);
      expect(leaks).toEqual([]);
    });

    test("the clients' login reached neither the upstream nor the log", () => {
      const { upstream, mirror } = setup;
      const basic = Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString("base64");
      const all = upstream.requests.map(({ path, query, headers }) =>
        [path, query, ...[...headers].flat()].join(" "),
      );
      for (const secret of [LOGIN.password, basic]) {
        expect(all.filter((request) => request.includes(secret))).toEqual([]);
        expect(mirror.log()).not.toContain(secret);
      }
      const tokenRequests = upstream.requests.filter(({ host }) => host === "auth");
      expect(tokenRequests.filter(({ headers }) => headers.has("authorization"))).toEqual([]);
    });

    test("the log has no signed URL and no token", () => {
      expect(setup.mirror.log()).not.toMatch(/Signature=|Bearer |eyJ/);
    });
  });
});
