import { describe, expect, it } from "vitest";
import { imageOf, OCI_INDEX, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import type { HubOptions } from "../support/hub.ts";
import { buildArtifact } from "../support/image.ts";
import { HANDSHAKE, type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const PATH = `/v2/busybox/referrers/${OCI_MANIFEST.digest}`;
const SIGNATURE = "application/vnd.example.signature";

async function createSigned(hub: Omit<HubOptions, "now"> = {}): Promise<Mirror> {
  const mirror = createMirror({ hub });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  const { mediaType, digest } = OCI_MANIFEST;
  for (const [type, text] of [
    [SIGNATURE, "signed"],
    [SIGNATURE, "signed again"],
    ["application/vnd.example.parts", "parts"],
  ] as const) {
    const artifact = await buildArtifact({ mediaType, digest, size: 399 }, type, text);
    mirror.hub.push("library/busybox", null, artifact);
  }
  return mirror;
}

describe("referrers", () => {
  it("[41] are an OCI index, as the upstream wrote it", async () => {
    const mirror = await createSigned();
    const answer = await mirror.get(PATH);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe(OCI_INDEX.mediaType);
    expect(answer.headers.get("oci-filters-applied")).toBeNull();
    expect(JSON.parse(answer.text).manifests.length).toBe(3);
    expect((await mirror.head(PATH)).headers.get("content-length")).toBe(
      String(answer.bytes.length),
    );
    expect(mirror.calls().slice(0, 3)).toEqual([
      ...HANDSHAKE,
      `registry GET /v2/library/busybox/referrers/${OCI_MANIFEST.digest}`,
    ]);
  });

  it("[41] are filtered by the upstream, which is passed on", async () => {
    const mirror = await createSigned();
    const answer = await mirror.get(`${PATH}?artifactType=${SIGNATURE}&ns=docker.io`);
    expect(JSON.parse(answer.text).manifests.length).toBe(2);
    expect(answer.headers.get("oci-filters-applied")).toBe("artifactType");
    expect(answer.headers.get("oci-namespace")).toBe("docker.io");
    expect([...(mirror.hub.requests.at(-1)?.query ?? [])]).toEqual([["artifactType", SIGNATURE]]);
  });

  it.each(["relative", "absolute"] as const)("[41] are paged, by %s links", async (links) => {
    const mirror = await createSigned({ links, pageSize: 2 });
    const first = await mirror.get(PATH);
    const [, query] =
      /^<\/v2\/busybox\/referrers\/sha256:78f2bc29[0-9a-f]+\?(.+)>; rel="next"$/.exec(
        first.headers.get("link") ?? "",
      ) ?? [""];
    expect(query).toMatch(/^last=sha256/);
    const second = await mirror.get(`${PATH}?${query}`);
    expect(JSON.parse(second.text).manifests.length).toBe(1);
    expect(second.headers.get("link")).toBeNull();
  });

  it("[41] of what has none are an empty index", async () => {
    const mirror = await createSigned();
    const answer = await mirror.get(`/v2/busybox/referrers/${OCI_INDEX.digest}`);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text).manifests).toEqual([]);
  });

  it.each(["<html>", "[]", '{"manifests":{}}'])(
    "[41] [36] that cannot be read: %s",
    async (text) => {
      const mirror = await createSigned();
      mirror.hub.intercept(when({ path: /referrers/ }, () => new Response(text)));
      const answer = await mirror.get(PATH);
      expect(answer.status).toBe(502);
      expect(answer.error?.code).toBe("UNAVAILABLE");
    },
  );

  it.each([404, 400, 405, 406, 410, 501])(
    "[42] that the upstream does not have are an unknown manifest: %i",
    async (code) => {
      const mirror = await createSigned();
      mirror.hub.intercept(when({ path: /referrers/ }, () => status(code)));
      const answer = await mirror.get(PATH);
      expect(answer.status).toBe(404);
      expect(answer.error?.code).toBe("MANIFEST_UNKNOWN");
      expect((await mirror.head(PATH)).status).toBe(404);
    },
  );

  it("[42] [29] of an unknown repository are those of an unknown repository", async () => {
    const mirror = await createSigned();
    const answer = await mirror.get(`/v2/none/referrers/${OCI_MANIFEST.digest}`);
    expect(answer.status).toBe(404);
    expect(answer.error?.code).toBe("NAME_UNKNOWN");
  });
});
