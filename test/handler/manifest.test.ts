import { describe, expect, it } from "vitest";
import { HANDSHAKE, useMirrors } from "./support.ts";
import { imageOf, OCI_MANIFEST } from "./support/images.ts";

const createMirror = useMirrors();

describe("manifest", () => {
  it("[11] [12] asks upstream by HEAD, then once by digest", async () => {
    const mirror = createMirror();
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
    const answer = await mirror.get("/v2/busybox/manifests/1.36");
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      "registry HEAD /v2/library/busybox/manifests/1.36",
      `registry GET /v2/library/busybox/manifests/${OCI_MANIFEST.digest}`,
    ]);
    console.log(mirror.kv.written(), mirror.log, [...answer.headers]);
  });
});
