import { afterAll, beforeAll, describe } from "vitest";
import { describeClients, describeEach } from "./each-client.ts";
import { openRegistriesStage, type RegistriesStage } from "./stage-registries.ts";
import { describeRegistriesUpstream } from "./suite/registries.ts";

describeClients("with a mirror of several registries", () => {
  let stage: RegistriesStage;
  beforeAll(async () => {
    stage = await openRegistriesStage();
  });
  afterAll(() => stage?.close());

  describeEach((entry) => entry.describeRegistries(() => stage));

  describe("after all clients", () => describeRegistriesUpstream(() => stage));
});
