import { afterAll, beforeAll, describe } from "vitest";
import { describeClients, describeEach } from "./each-client.ts";
import { openStage, type Stage } from "./stage.ts";
import { describeUpstream } from "./suite/upstream.ts";

describeClients("with a mirror of docker-registry", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage?.close());

  describeEach((entry) => entry.describe(() => stage));

  describe("after all clients", () => describeUpstream(() => stage));
});
