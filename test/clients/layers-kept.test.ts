import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  CLIENTS,
  describeClients,
  type Entry,
  expectCopy,
  expectPulls,
  openToolIn,
  ROUTES,
} from "./clients.ts";
import { openSetup, type Setup } from "./setup.ts";

/** For every image by each route, on a busy machine. */
const PULL_MS = 180_000;

describeClients("with a mirror that keeps layers", () => {
  let setup: Setup;
  beforeAll(async () => {
    setup = await openSetup(true);
  });
  afterAll(() => setup?.close());

  describe("while the upstream is there", () => {
    for (const entry of CLIENTS) testPullsOf(entry);
  });

  describe("once the upstream is gone", () => {
    let before: number;
    beforeAll(async () => {
      await setup.loseUpstream();
      before = setup.upstream.requests.length;
    });

    for (const entry of CLIENTS) testPullsOf(entry);

    test("it received no request, and nothing of the clients before", () => {
      expect(setup.upstream.requests.length).toBe(before);
      expect(setup.upstream.leaks).toEqual([]);
    });
  });

  function testPullsOf(entry: Entry): void {
    const { obstacle, title } = entry;
    const name = `${title} pulls every image into an empty store`;
    test.skipIf(obstacle !== null)(name, () => pullAll(entry), PULL_MS);
  }

  async function pullAll({ client, tool }: Entry): Promise<void> {
    const { home, host, images } = setup;
    for (const route of tool?.routes ?? ROUTES) {
      if (client !== null) {
        const session = await client.open({ home: await home(), host, route });
        await expectPulls(session, images.all).finally(session.close);
      } else {
        const opened = await openToolIn(setup, tool, route);
        for (const subject of images.all) await expectCopy(tool, opened, subject);
      }
    }
  }
});
