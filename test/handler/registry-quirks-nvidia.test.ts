import { describe, expect, it } from "vitest";
import { createNvidia } from "../support/quirks/nvidia.ts";
import { LAYER } from "./support/images.ts";
import { BLOB, BY_DIGEST, expectPull, SCOPE, stockOf, TAG, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const HOST = "nvcr.io";
const TOKEN = `${HOST} GET /proxy_auth?${SCOPE}`;

describe("nvcr.io", () => {
  it("[28] [19] names no service, and has a storage that takes no token", async () => {
    const { mirror, world } = createWorld(HOST, createNvidia(stockOf()).hosts);
    await expectPull(mirror);
    expect(world.calls()).toEqual([
      `${HOST} GET /v2/`,
      TOKEN,
      `${HOST} HEAD ${TAG}`,
      `${HOST} GET ${BY_DIGEST}`,
      `${HOST} GET ${BLOB}`,
      `nvcr-prod.s3.us-west-2.amazonaws.com GET /${encodeURIComponent(LAYER.digest)}?X-Amz-Signature=x`,
    ]);
  });

  it("[28] [32] sends a token that has ended to another realm: the first one gives a fresh one", async () => {
    const { hosts, tokens } = createNvidia(stockOf());
    const { mirror, world } = createWorld(HOST, hosts, { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    world.calls();
    tokens.end();
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(world.calls()).toEqual([`${HOST} HEAD ${TAG}`, TOKEN, `${HOST} HEAD ${TAG}`]);
  });

  it("[29] [32] sends a token for what is not there to another realm: 404, and nothing goes there", async () => {
    const { mirror, world } = createWorld(HOST, createNvidia(stockOf()).hosts);
    const answer = await mirror.get("/v2/owner/none/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    expect(world.calls()).toEqual([
      `${HOST} GET /v2/`,
      `${HOST} GET /proxy_auth?scope=repository:owner/none:pull`,
      `${HOST} HEAD /v2/owner/none/manifests/1`,
    ]);
  });

  it("[20] sends a part without its length: the mirror tells it", async () => {
    const { mirror } = createWorld(HOST, createNvidia(stockOf()).hosts);
    const answer = await mirror.get(BLOB, { range: "bytes=4-7" });
    expect([answer.status, answer.text]).toEqual([206, "only"]);
    expect(answer.headers.get("content-length")).toBe("4");
    expect(answer.headers.get("content-range")).toBe("bytes 4-7/29");
  });

  it("[25] that sends less than the part has breaks the connection", async () => {
    const { hosts } = createNvidia(stockOf());
    const storage = "nvcr-prod.s3.us-west-2.amazonaws.com";
    const short = {
      answer: () =>
        new Response(new Blob(["on"]).stream().pipeThrough(new TransformStream()), {
          status: 206,
          headers: { "content-range": "bytes 4-7/29" },
        }),
    };
    const { mirror } = createWorld(HOST, { ...hosts, [storage]: short });
    const response = await mirror.send(BLOB, { headers: { range: "bytes=4-7" } });
    expect(response.headers.get("content-length")).toBe("4");
    await expect(response.arrayBuffer()).rejects.toThrow();
  });
});
