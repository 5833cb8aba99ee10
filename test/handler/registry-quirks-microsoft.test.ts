import { describe, expect, it } from "vitest";
import { createMicrosoft } from "../support/quirks/microsoft.ts";
import { LAYER, OCI_MANIFEST } from "./support/images.ts";
import { BLOB, BY_DIGEST, stockOf, TAG, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const HOST = "mcr.microsoft.com";

describe("mcr.microsoft.com", () => {
  it("[28] [19] wants no token, for nothing", async () => {
    const { mirror, world } = createWorld(HOST, createMicrosoft(stockOf()));
    await mirror.get(BY_DIGEST);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(world.calls()).toEqual([
      `${HOST} GET /v2/`,
      `${HOST} GET ${BY_DIGEST}`,
      `${HOST} GET ${BLOB}`,
      `eastus.data.${HOST} GET /01031d61e1024861/${encodeURIComponent(LAYER.digest)}?sig=x`,
    ]);
    expect(world.sent("authorization")).toEqual([null, null, null, null]);
  });

  it("[13] [12] tells no digest to HEAD, and a charset with the type: one GET, and no charset", async () => {
    const { mirror, world } = createWorld(HOST, createMicrosoft(stockOf()));
    const answer = await mirror.head(TAG);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": OCI_MANIFEST.mediaType,
      "content-length": "399",
      "docker-content-digest": OCI_MANIFEST.digest,
    });
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(world.calls()).toEqual([
      `${HOST} GET /v2/`,
      `${HOST} HEAD ${TAG}`,
      `${HOST} GET ${TAG}`,
    ]);
  });

  it.each([
    ["manifests/2", "MANIFEST_UNKNOWN"],
    ["tags/list", "NAME_UNKNOWN"],
  ])(
    "[26] [40] has a web page for what is not there, the mirror an error: %s",
    async (path, code) => {
      const { mirror } = createWorld(HOST, createMicrosoft(stockOf()));
      const answer = await mirror.get(`/v2/owner/none/${path}`);
      expect([answer.status, answer.error?.code]).toEqual([404, code]);
      expect(answer.text).not.toContain("BlobNotFound");
    },
  );
});
