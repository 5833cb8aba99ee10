import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { roster } from "./roster.ts";
import { openStage, type Stage } from "./stage.ts";
import { openRegistriesStage, type RegistriesStage } from "./stage-registries.ts";
import { describeRegistriesUpstream } from "./suite/registries.ts";
import { describeUpstream } from "./suite/upstream.ts";

// `.ci/clients.sh` installs them all. Without them the rest of the tests is still worth running.
const absent = roster.flatMap(({ title, obstacle }) =>
  obstacle ? [`${title} (${obstacle})`] : [],
);
if (absent.length > 0) console.warn(["Clients that are not tested:", ...absent].join("\n  "));

test.runIf(process.env.SAMPAN_REQUIRE_CLIENTS)("every client is there", () => {
  expect(absent).toEqual([]);
});

/** Of every image by every route, on a machine that has other things to do. */
const PULL_MS = 180_000;

describe.skipIf(absent.length === roster.length)("with a mirror of docker-registry", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage?.close());

  for (const { title, obstacle, describe: describeEntry } of roster) {
    const heading = obstacle === null ? title : `${title} (${obstacle})`;
    describe.skipIf(obstacle !== null)(heading, () => describeEntry(() => stage));
  }

  describe("after all clients", () => describeUpstream(() => stage));
});

describe.skipIf(absent.length === roster.length)("with a mirror of several registries", () => {
  let stage: RegistriesStage;
  beforeAll(async () => {
    stage = await openRegistriesStage();
  });
  afterAll(() => stage?.close());

  for (const { title, obstacle, describeRegistries } of roster) {
    const heading = obstacle === null ? title : `${title} (${obstacle})`;
    describe.skipIf(obstacle !== null)(heading, () => describeRegistries(() => stage));
  }

  describe("after all clients", () => describeRegistriesUpstream(() => stage));
});

describe.skipIf(absent.length === roster.length)("with a mirror that keeps layers", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(true);
  });
  afterAll(() => stage?.close());

  describe("as long as the upstream is there", () => {
    for (const { title, obstacle, pullAll } of roster) {
      test.skipIf(obstacle !== null)(`${title} pulls every image`, () => pullAll(stage), PULL_MS);
    }
  });

  describe("once it is gone", () => {
    let asked: number;
    beforeAll(async () => {
      await stage.loseUpstream();
      asked = stage.upstream.requests.length;
    });

    for (const { title, obstacle, pullAll } of roster) {
      test.skipIf(obstacle !== null)(
        `${title} pulls every image into an empty store`,
        () => pullAll(stage),
        PULL_MS,
      );
    }

    test("it was asked for nothing, and nothing of the clients has reached it", () => {
      expect(stage.upstream.requests.length).toBe(asked);
      expect(stage.upstream.leaks).toEqual([]);
    });
  });
});
