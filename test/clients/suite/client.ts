import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client, Route, Session } from "../client/client.ts";
import type { Subject } from "../images.ts";
import type { Stage } from "../stage.ts";

const ROUTES: readonly Route[] = ["by name", "for docker.io"];

/** What holds of each client that keeps images, by each route to the mirror. */
export function describeClient(client: Client, stage: () => Stage): void {
  for (const route of ROUTES) describeRoute(client, route, stage);
}

function describeRoute(client: Client, route: Route, stage: () => Stage): void {
  describe(`${client.title}, the mirror ${route}`, () => {
    let session: Session;
    const open = async () => client.open({ room: await stage().room(), host: stage().host, route });

    beforeAll(async () => {
      session = await open();
    });

    afterAll(() => session?.close());

    test("pulls images of every format, small and large", async () => {
      const { small, large } = stage().images;
      await expectPulls(session, [...small, large]);
    });

    test("pulls them again while the upstream refuses everyone", async () => {
      const { small, large } = stage().images;
      await stage().upstream.whileRefusing(() => expectPulls(session, [...small, large]));
    });

    test("pulls small ones into an empty store while the upstream refuses everyone", async () => {
      const empty = await open();
      const pulls = () => expectPulls(empty, stage().images.small);
      await stage().upstream.whileRefusing(pulls).finally(empty.close);
    });

    test("is told at once that an image does not exist", async () => {
      const pull = session.pull("library/busybox", "none-such");
      await expect(pull).rejects.toThrow(/not found|manifest unknown|does not exist|no such/i);
    });
  });
}

async function expectPulls(session: Session, subjects: readonly Subject[]): Promise<void> {
  for (const { repository, tag, digest, config } of subjects) {
    const stored = await session.pull(repository, tag);
    expect(stored.digests, `${repository}:${tag}`).toContain(digest);
    expect(stored.config ?? config, `${repository}:${tag}`).toBe(config);
  }
}
