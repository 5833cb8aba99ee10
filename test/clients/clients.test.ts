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
