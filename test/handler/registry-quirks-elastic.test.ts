import { describe, expect, it } from "vitest";
import { createElastic } from "../support/quirks/elastic.ts";
import { LAYER } from "./support/images.ts";
import { BLOB, BY_DIGEST, expectPull, SCOPE, stockOf, TAG, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const HOST = "docker.elastic.co";
const TOKEN = `docker-auth.elastic.co GET /auth?service=token-service&${SCOPE}`;

describe("docker.elastic.co", () => {
  it("[32] [28] has its token service beside it, and an access_token for a minute", async () => {
    const env = { TAG_TTL_SECONDS: 0 };
    const { mirror, world } = createWorld(HOST, createElastic(stockOf()), env);
    await expectPull(mirror);
    expect(world.calls()).toEqual([
      `${HOST} GET /v2/`,
      TOKEN,
      `${HOST} HEAD ${TAG}`,
      `${HOST} GET ${BY_DIGEST}`,
      `${HOST} GET ${BLOB}`,
      `docker-registry-production.d24a988e385e0074d717b6bdaea58f0d.r2.cloudflarestorage.com GET /${encodeURIComponent(LAYER.digest)}?X-Amz-Signature=x`,
    ]);
    mirror.clock.advance(53.9);
    await mirror.get(TAG);
    expect(world.calls()).toEqual([`${HOST} HEAD ${TAG}`]);
    mirror.clock.advance(0.2);
    await mirror.get(TAG);
    expect(world.calls()).toEqual([TOKEN, `${HOST} HEAD ${TAG}`]);
  });

  it("[31] shows its account to its token service alone", async () => {
    const env = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
    const { mirror, world } = createWorld(HOST, createElastic(stockOf()), {
      ...env,
      PRIVATE_IMAGES: "public-only-account",
    });
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(world.sent("authorization").map((sent) => sent?.split(" ")[0] ?? null)).toEqual([
      null,
      "Basic",
      "Bearer",
      "Bearer",
    ]);
  });
});
