import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeClients, testEach } from "./each-client.ts";
import { openStage, type Stage } from "./stage.ts";

describeClients("with a mirror that keeps layers", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(true);
  });
  afterAll(() => stage?.close());

  describe("as long as the upstream is there", () => {
    testEach("pulls every image", ({ pullAll }) => pullAll(stage));
  });

  describe("once it is gone", () => {
    let asked: number;
    beforeAll(async () => {
      await stage.loseUpstream();
      asked = stage.upstream.requests.length;
    });

    testEach("pulls every image into an empty store", ({ pullAll }) => pullAll(stage));

    test("it was asked for nothing, and nothing of the clients has reached it", () => {
      expect(stage.upstream.requests.length).toBe(asked);
      expect(stage.upstream.leaks).toEqual([]);
    });
  });
});
