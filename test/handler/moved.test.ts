import { describe, expect, it } from "vitest";
import { imageOf, OCI_LAST, OCI_MANIFEST, OCI_NEXT } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import { type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";
const GET_NEXT = `registry GET /v2/library/busybox/manifests/${OCI_NEXT.digest}`;

/** The tag has been pulled, and has moved on since; what it leads to now cannot be pulled. */
async function createMoved(): Promise<Mirror> {
  const mirror = createMirror({ hub: { tokenSeconds: 86_400 } });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  await mirror.warm(TAG);
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
  mirror.clock.advance(60);
  mirror.hub.become("exhausted");
  return mirror;
}

describe("a tag that has moved to a manifest that cannot be had", () => {
  it("[33] [G8] is answered with the one before", async () => {
    const mirror = await createMoved();
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("docker-content-digest")).toBe(OCI_MANIFEST.digest);
    expect(answer.headers.get("warning")).toContain("pull quota is used up");
    expect(answer.headers.get("cache-status")).toBe("sampan; fwd=stale; detail=stale");
    expect(mirror.calls()).toEqual([HEAD_TAG, GET_NEXT]);
  });

  it("[33] [34] is answered so again, without asking again", async () => {
    const mirror = await createMoved();
    await mirror.get(TAG);
    mirror.calls();
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("cache-status")).toBe("sampan; hit; detail=stale");
    expect(mirror.calls()).toEqual([]);
  });

  it("[33] is answered so in a new isolate elsewhere", async () => {
    const mirror = await createMoved();
    await mirror.get(TAG);
    mirror.restart("elsewhere");
    mirror.calls();
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(mirror.calls()).toEqual(["registry GET /v2/", GET_NEXT]);
  });

  it("[33] is answered with the new one as soon as it can be had", async () => {
    const mirror = await createMoved();
    await mirror.get(TAG);
    mirror.hub.become("serving");
    mirror.clock.advance(10);
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_NEXT.text);
    expect(answer.headers.get("warning")).toBeNull();
  });

  it("[33] is answered with the last one that could be had, however often it moves", async () => {
    const mirror = await createMoved();
    await mirror.get(TAG);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_LAST));
    mirror.clock.advance(60);
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(OCI_MANIFEST.text);
  });

  it("[33] is answered with the one it moved back to", async () => {
    const mirror = await createMoved();
    await mirror.get(TAG);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
    mirror.clock.advance(60);
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("warning")).toBeNull();
  });

  it.each([500, 503])("[35] is answered with the one before if GET fails with %i", async (code) => {
    const mirror = await createMoved();
    mirror.hub.become("serving");
    mirror.hub.intercept(when({ method: "GET", path: /\/manifests\// }, () => status(code)));
    const answer = await mirror.get(TAG);
    expect(answer.text).toBe(OCI_MANIFEST.text);
    expect(answer.headers.get("warning")).toContain(`status ${code}`);
  });

  it("[17] is an error if the new manifest is there but wrong", async () => {
    const mirror = await createMoved();
    mirror.hub.become("serving");
    mirror.hub.intercept(
      when({ method: "GET", path: /\/manifests\// }, () => new Response(OCI_LAST.bytes)),
    );
    expect((await mirror.get(TAG)).status).toBe(502);
  });

  it("[34] is 429 if the one before is nowhere any more", async () => {
    const mirror = await createMoved();
    await mirror.kv.overwrite("manifest", OCI_LAST.bytes);
    mirror.restart("elsewhere");
    const answer = await mirror.get(TAG);
    expect(answer.status).toBe(429);
    expect(answer.error?.code).toBe("TOOMANYREQUESTS");
  });
});
