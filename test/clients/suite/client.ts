import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client, Route, Session } from "../client/client.ts";
import type { Subject } from "../images.ts";
import type { Stage } from "../stage.ts";

const ROUTES = ["by name", "for docker.io"] as const satisfies readonly Route[];

/** What a client says of an image that the mirror does not have. */
const COMPLAINT = {
  "by name": /not found|manifest unknown/i,
  // It goes on to Docker Hub itself, which cannot be reached from here.
  "for docker.io": /not found|registry-1\.docker\.io/i,
};

/** What holds of each client that keeps images, by each route to the mirror. */
export function describeClient(client: Client, stage: () => Stage): void {
  describe.each(ROUTES)("the mirror %s", (route) => {
    let session: Session;
    const open = async () => client.open({ room: await stage().room(), host: stage().host, route });
    beforeAll(async () => {
      session = await open();
    });
    afterAll(() => session?.close());

    test("pulls images of every format, small and large", async () => {
      await expectPulls(session, [...stage().images.small, stage().images.large]);
    });

    test("pulls by digest", () => expectPullsByDigest(session, stage().images.small));

    test("is told that an image does not exist", async () => {
      const pull = session.pull("library/busybox", "none-such");
      await expect(pull).rejects.toThrow(COMPLAINT[route]);
    });

    describeRefusal(stage, () => session, open);
  });
}

/** Pulls every image into an empty store, by each route to the mirror. */
export async function pullAll(client: Client, { images, host, room }: Stage): Promise<void> {
  for (const route of ROUTES) {
    const session = await client.open({ room: await room(), host, route });
    await expectPulls(session, [...images.small, images.large]).finally(session.close);
  }
}

function describeRefusal(
  stage: () => Stage,
  session: () => Session,
  open: () => Promise<Session>,
): void {
  test("pulls everything again while the upstream refuses everyone", async () => {
    const { small, large } = stage().images;
    await stage().upstream.whileRefusing(() => expectPulls(session(), [...small, large]));
  });

  test("pulls small ones into an empty store while the upstream refuses everyone", async () => {
    const empty = await open();
    const pulls = () => expectPulls(empty, stage().images.small);
    await stage().upstream.whileRefusing(pulls).finally(empty.close);
  });
}

async function expectPulls(session: Session, subjects: readonly Subject[]): Promise<void> {
  for (const { repository, tag, digest, config } of subjects) {
    const stored = await session.pull(repository, tag);
    expect(stored.digests, `${repository}:${tag}`).toContain(digest);
    expect(stored.config ?? config, `${repository}:${tag}`).toBe(config);
  }
}

async function expectPullsByDigest(session: Session, subjects: readonly Subject[]): Promise<void> {
  await expectPulls(
    session,
    subjects.map((subject) => ({ ...subject, tag: subject.digest })),
  );
}
