import { describe, expect, it } from "vitest";
import { createQuay } from "../support/quirks/quay.ts";
import { LAYER, OCI_INDEX } from "./support/images.ts";
import { BLOB, BY_DIGEST, expectPull, SCOPE, stockOf, TAG, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const TOKEN = `quay.io GET /v2/auth?service=quay.io&${SCOPE}`;
const DOCKER_TYPES =
  "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

describe("quay.io", () => {
  it("[28] [19] has a realm with a path, and its layers at another host", async () => {
    const { mirror, world } = createWorld("quay.io", createQuay(stockOf()));
    await expectPull(mirror);
    expect(world.calls()).toEqual([
      "quay.io GET /v2/",
      TOKEN,
      "quay.io HEAD /v2/owner/app/manifests/1",
      `quay.io GET ${BY_DIGEST}`,
      `quay.io GET ${BLOB}`,
      `cdn03.quay.io GET /quayio-production-s3/sha256/3b/${encodeURIComponent(LAYER.digest)}?Signature=x`,
    ]);
  });

  it.each(["", "https://quay.io", "https://elsewhere.example"])(
    "[37] pages by a cursor of its own, which comes back as it was: Link to %j",
    async (linkOrigin) => {
      const { mirror, world } = createWorld("quay.io", createQuay(stockOf(), { linkOrigin }));
      const first = await mirror.get("/v2/owner/app/tags/list?n=1");
      const next = "/v2/owner/app/tags/list?next_page=gAAA-_%3D&n=1";
      expect(first.headers.get("link")).toBe(`<${next}>; rel="next"`);
      const second = await mirror.get(next);
      expect(second.text).toBe('{"name":"owner/app","tags":["1"]}');
      expect(second.headers.get("link")).toBeNull();
      expect(world.calls()).toEqual([
        "quay.io GET /v2/",
        TOKEN,
        "quay.io GET /v2/owner/app/tags/list?n=1",
        "quay.io GET /v2/owner/app/tags/list?next_page=gAAA-_=&n=1",
      ]);
    },
  );

  it("[16] makes a manifest up for who takes Docker's types alone: the image's own is answered", async () => {
    const { mirror, world } = createWorld("quay.io", createQuay(stockOf(OCI_INDEX)));
    const answer = await mirror.get(TAG, { accept: DOCKER_TYPES });
    expect(answer.text).toBe(OCI_INDEX.text);
    expect(answer.headers.get("content-type")).toBe(OCI_INDEX.mediaType);
    expect(answer.headers.get("docker-content-digest")).toBe(OCI_INDEX.digest);
    expect(world.calls().slice(2)).toEqual([
      "quay.io HEAD /v2/owner/app/manifests/1",
      "quay.io HEAD /v2/owner/app/manifests/1",
      `quay.io GET /v2/owner/app/manifests/${OCI_INDEX.digest}`,
    ]);
    expect((await mirror.get(TAG, { accept: DOCKER_TYPES })).text).toBe(OCI_INDEX.text);
    expect(world.calls()).toEqual([]);
  });
});
